package dataset

import "fmt"

// Shape is the size of a data set: how many services of each kind it has.
type Shape struct {
	// Name is the letter it is known by.
	Name string
	// ClusterSetIP services have one endpoint in each cluster.
	ClusterSetIP int
	// Nine, Hundred and Thousand count headless services by their endpoints, which are spread over the clusters.
	Nine, Hundred, Thousand int
}

// The shapes. In M half of the services are headless, and the endpoints are 50,000: 2,500 x 3 + 2,300 x 9 + 198 x 100 +
// 2 x 1,000. L is four times M.
var (
	S = Shape{Name: "S", ClusterSetIP: 50, Nine: 46, Hundred: 3, Thousand: 1}
	M = Shape{Name: "M", ClusterSetIP: 2500, Nine: 2300, Hundred: 198, Thousand: 2}
	L = Shape{Name: "L", ClusterSetIP: 10000, Nine: 9200, Hundred: 792, Thousand: 8}
)

// ShapeOf is the shape of that name.
func ShapeOf(name string) (Shape, error) {
	for _, s := range []Shape{S, M, L} {
		if s.Name == name {
			return s, nil
		}
	}
	return Shape{}, fmt.Errorf("choosing data set %q: there are S, M and L", name)
}

// Services is the number of services.
func (s Shape) Services() int { return s.ClusterSetIP + s.Nine + s.Hundred + s.Thousand }

// Endpoints is the number of endpoints of all services.
func (s Shape) Endpoints() int {
	return len(Clusters)*s.ClusterSetIP + 9*s.Nine + 100*s.Hundred + 1000*s.Thousand
}

// String states the shape in a sentence.
func (s Shape) String() string {
	return fmt.Sprintf("%s: %d services with %d endpoints in %d clusters: %d ClusterSetIP of %d, headless %d of 9, %d of 100, %d of 1,000",
		s.Name, s.Services(), s.Endpoints(), len(Clusters), s.ClusterSetIP, len(Clusters), s.Nine, s.Hundred, s.Thousand)
}
