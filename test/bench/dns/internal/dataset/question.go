package dataset

import (
	"fmt"
	"math/rand/v2"

	"github.com/miekg/dns"
)

// Question is one query.
type Question struct {
	Name string
	Type uint16
}

// String is the question as a line of dnsperf's input.
func (q Question) String() string { return q.Name + " " + dns.TypeToString[q.Type] }

// Mix is a kind of load: questions of one kind, or of several in fixed shares.
type Mix struct {
	// Name is a word, Title what it asks.
	Name, Title string
	// Questions are asked in this order, again and again.
	Questions []Question
	// Rcodes are the response codes of right answers.
	Rcodes []int
}

// mixLength is how many questions a mix has, most of them different where the data set is large enough.
const mixLength = 5000

// Mixes are the kinds of load for a data set.
func Mixes(services []Service, seed uint64) []Mix {
	random := rand.New(rand.NewPCG(seed, 2))
	byEndpoints := map[int][]Service{}
	for _, s := range services {
		kind := 0
		if s.Headless() {
			kind = s.Endpoints()
		}
		byEndpoints[kind] = append(byEndpoints[kind], s)
	}
	of := func(kind int) Service { return byEndpoints[kind][random.IntN(len(byEndpoints[kind]))] }

	clusterSetIP := func() Question { return Question{of(0).FQDN(), dns.TypeA} }
	nine := func() Question { return Question{of(9).FQDN(), dns.TypeA} }
	hundred := func() Question { return Question{of(100).FQDN(), dns.TypeA} }
	srv := func() Question { return Question{"_" + portName + "._tcp." + of(9).FQDN(), dns.TypeSRV} }
	host := func() Question {
		s := of(9)
		slice := s.Slices[random.IntN(len(s.Slices))]
		return Question{s.HostFQDN(slice.Cluster, slice.Endpoints[random.IntN(len(slice.Endpoints))]), dns.TypeA}
	}
	noName := func() Question {
		return Question{fmt.Sprintf("no-%05d.%s.svc.%s", random.IntN(mixLength), of(0).Namespace, Zone), dns.TypeA}
	}
	noData := func() Question { return Question{of(0).FQDN(), dns.TypeAAAA} }

	found, missing := []int{dns.RcodeSuccess}, []int{dns.RcodeNameError}
	mixes := []Mix{
		{"clustersetip", "ClusterSetIP, A", repeat(clusterSetIP), found},
		{"headless9", "headless of 9, A", repeat(nine), found},
		{"headless100", "headless of 100, A", repeat(hundred), found},
		{"srv", "headless of 9, SRV with Additional", repeat(srv), found},
		{"host", "host name, A", repeat(host), found},
		{"nxdomain", "no such service (NXDOMAIN)", repeat(noName), missing},
		{"nodata", "AAAA of an IPv4 ClusterSetIP (NODATA)", repeat(noData), found},
	}
	shares := []func() Question{ // of twenty
		clusterSetIP, clusterSetIP, clusterSetIP, clusterSetIP, clusterSetIP, clusterSetIP, clusterSetIP, clusterSetIP,
		noData, noData, noData, noData, nine, nine, nine, hundred, srv, host, host, noName,
	}
	mixed := repeat(func() Question { return shares[random.IntN(len(shares))]() })
	return append(mixes, Mix{
		"mixed", "mixed: 40 % ClusterSetIP A, 20 % NODATA, 15 % headless of 9, 10 % host, 5 % each headless of 100, SRV, NXDOMAIN",
		mixed, append(found, missing...),
	})
}

func repeat(question func() Question) []Question {
	all := make([]Question, mixLength)
	for i := range all {
		all[i] = question()
	}
	return all
}

// Everything asks once what makes a server prepare all it ever will: the A of every service and the SRV of every port.
func Everything(services []Service) []Question {
	var all []Question
	for _, s := range services {
		all = append(all, Question{s.FQDN(), dns.TypeA}, Question{"_" + portName + "._tcp." + s.FQDN(), dns.TypeSRV})
	}
	return all
}

// Sample picks n services of at most 100 endpoints, half of them headless as far as there are, spread over the whole set.
func Sample(services []Service, n int, seed uint64) []Service {
	random := rand.New(rand.NewPCG(seed, 3))
	var picked []Service
	headless := 0
	for _, i := range random.Perm(len(services)) {
		s := services[i]
		if len(picked) == n {
			break
		}
		if s.Endpoints() > 100 || s.Headless() && headless >= n/2 || !s.Headless() && len(picked)-headless >= n-n/2 {
			continue
		}
		if s.Headless() {
			headless++
		}
		picked = append(picked, s)
	}
	return picked
}
