package page

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// alive is a hub of which everything is well.
type alive struct{}

func (alive) Connected() bool { return true }
func (alive) Synced() bool    { return true }
func (alive) Members() []membership.Member {
	return []membership.Member{{ID: "west", State: membership.Fresh}}
}
func (alive) Excluded() []membership.Excluded { return nil }
func (alive) Standing() (membership.Standing, membership.Member) {
	return membership.Registered, membership.Member{ID: "east"}
}
func (alive) Frozen() ([]mcs.ClusterID, bool) { return nil, false }

func newPage(t *testing.T, objects ...client.Object) *Page {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{mcsv1beta1.Install, discoveryv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	clock := clocktesting.NewFakeClock(now)
	return &Page{
		Reader: fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build(), Hub: alive{}, Self: "east",
		Working: func() bool { return true }, Sampler: NewSampler(prometheus.NewRegistry(), clock), Clock: clock,
	}
}

func get(p *Page, method, url string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	p.ServeHTTP(recorder, httptest.NewRequest(method, url, nil))
	return recorder
}

func TestThePageShowsWhatTheCacheHas(t *testing.T) {
	meta := metav1.ObjectMeta{Namespace: "shop", Name: "checkout", Labels: map[string]string{mcs.LabelManagedBy: mcs.ManagedBy}}
	p := newPage(t,
		&mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "cart"}, Status: mcsv1beta1.ServiceExportStatus{
			Conditions: []metav1.Condition{{Type: "Valid", Status: "False", Reason: "NoService", Message: `Service "shop/cart" does not exist.`}},
		}},
		&mcsv1beta1.ServiceImport{ObjectMeta: meta, Spec: mcsv1beta1.ServiceImportSpec{
			Type: mcsv1beta1.ClusterSetIP, IPs: []string{"10.97.41.7"}, Ports: []mcsv1beta1.ServicePort{{Name: "http", Protocol: "TCP", Port: 80}},
		}, Status: mcsv1beta1.ServiceImportStatus{Clusters: []mcsv1beta1.ClusterStatus{{Cluster: "west"}}}},
		&discoveryv1.EndpointSlice{
			ObjectMeta:  metav1.ObjectMeta{Namespace: "shop", Name: "s", Labels: map[string]string{mcsv1beta1.LabelServiceName: "checkout", mcsv1beta1.LabelSourceCluster: "west"}},
			AddressType: discoveryv1.AddressTypeIPv4,
			Endpoints: []discoveryv1.Endpoint{
				{Addresses: []string{"10.2.0.10"}},
				{Addresses: []string{"10.2.0.11"}, Conditions: discoveryv1.EndpointConditions{Ready: ptr.To(false)}},
			},
		},
	)
	response := get(p, http.MethodGet, "http://localhost/")
	if response.Code != http.StatusOK {
		t.Fatalf("status %d: %s", response.Code, response.Body)
	}
	for _, want := range []string{
		"shop/checkout", "10.97.41.7", "http 80/TCP", "1 of 2", "10.2.0.10",
		"mcsctl why checkout.shop.svc.clusterset.local --from east",
		"shop/cart", "NoService", "Service &#34;shop/cart&#34; does not exist.",
		">west<", "fresh", "<svg", "· 1 other member · 1 export · 1 import ·",
	} {
		if !strings.Contains(response.Body.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(response.Body.String(), "10.2.0.11 ") {
		t.Error("the page answers with an endpoint that is not ready")
	}
	if csp := response.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("the page allows itself %q", csp)
	}
	if body := get(p, http.MethodGet, "http://localhost/?q=nothing").Body.String(); strings.Contains(body, "shop/checkout") || !strings.Contains(body, "under a name with “nothing”") {
		t.Error("the filter leaves what does not match")
	}
}

func TestWhoIsAnswered(t *testing.T) {
	p := newPage(t)
	for _, tc := range []struct {
		name, method, url string
		want              int
	}{
		{"localhost", "GET", "http://localhost:8083/", http.StatusOK},
		{"127.0.0.1", "GET", "http://127.0.0.1/", http.StatusOK},
		{"::1", "GET", "http://[::1]:8083/", http.StatusOK},
		{"::1 without a port", "GET", "http://[::1]/", http.StatusOK},
		{"HEAD", "HEAD", "http://localhost/", http.StatusOK},
		{"a name from elsewhere that resolves to here (DNS rebinding)", "GET", "http://evil.example.org/", http.StatusMisdirectedRequest},
		{"a name that begins like ours", "GET", "http://localhost.example.org/", http.StatusMisdirectedRequest},
		{"another path", "GET", "http://localhost/metrics", http.StatusNotFound},
		{"a write", "POST", "http://localhost/", http.StatusMethodNotAllowed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := get(p, tc.method, tc.url).Code; got != tc.want {
				t.Errorf("%s %s: status %d, want %d", tc.method, tc.url, got, tc.want)
			}
		})
	}
}

func TestNothingFromElsewhereIsMarkup(t *testing.T) {
	const hostile = `"><script>alert(1)</script><x y='`
	facts := well()
	facts.Members[0].ID = hostile
	facts.Exports[0].Valid = Condition{Status: "False", Reason: hostile, Message: hostile}
	facts.Imports[0].IPs, facts.Imports[0].Ports, facts.Imports[0].Clusters = []string{hostile}, []string{hostile}, []string{hostile}
	facts.Imports[0].Sources[0] = Source{Cluster: hostile, Addresses: []string{hostile}}
	facts.Excluded = []membership.Excluded{{Profile: hostile, Reason: hostile}}
	for _, filter := range []string{"", hostile} {
		var out bytes.Buffer
		if err := render(&out, viewOf(facts, filter)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "<script>alert") || strings.Contains(out.String(), "<x y") {
			t.Errorf("with the filter %q the page contains markup from elsewhere", filter)
		}
	}
}

func TestTheStyleAndScriptAreThoseThePolicyAllows(t *testing.T) {
	var out bytes.Buffer
	if err := render(&out, viewOf(well(), "")); err != nil {
		t.Fatal(err)
	}
	for open, content := range map[string]string{"<style>": style, "<script>": script} {
		_, rest, _ := strings.Cut(out.String(), open)
		got, _, _ := strings.Cut(rest, strings.Replace(open, "<", "</", 1))
		if got != content {
			t.Errorf("what stands in %s is not what the policy was made of", open)
		}
	}
	for _, attribute := range []string{" style=", " onclick=", "http://", "https://"} {
		if strings.Contains(document, attribute) {
			t.Errorf("the page has %q, which the policy does not allow", attribute)
		}
	}
}

func TestOnlyLocalhostMayServeIt(t *testing.T) {
	for address, fine := range map[string]bool{
		"127.0.0.1:8083": true, "localhost:8083": true, "[::1]:8083": true, "127.8.9.10:0": true,
		":8083": false, "0.0.0.0:8083": false, "10.0.0.1:8083": false, "[::]:8083": false, "127.0.0.1": false, "": false,
	} {
		if err := CheckAddress(address); (err == nil) != fine {
			t.Errorf("CheckAddress(%q) = %v", address, err)
		}
	}
}

func TestServerEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	server := &Server{Address: "127.0.0.1:0", Page: newPage(t)}
	go func() { ended <- server.Start(ctx) }()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Start returns %v", err)
	}
}

func TestATakenAddressEndsNothing(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var logged []string
	log := funcr.New(func(_, args string) { logged = append(logged, args) }, funcr.Options{})
	server := &Server{Address: taken.Addr().String(), Page: newPage(t), Log: log}
	if err := server.Start(t.Context()); err != nil || len(logged) != 1 || !strings.Contains(logged[0], "--page-bind-address") {
		t.Errorf("Start returns %v and logs %q, want no error and one line that says what to do", err, logged)
	}
}

func TestProgramsReadTheLag(t *testing.T) {
	p := newPage(t)
	p.Sampler.keep(reading{})
	p.Sampler.keep(reading{counts{total: 2, buckets: map[float64]uint64{0.05: 2}}, now})
	recorder := get(p, http.MethodGet, "http://localhost/propagation")
	if got, want := strings.TrimSpace(recorder.Body.String()), `{"changes":2,"p50Seconds":0.05,"p99Seconds":0.05}`; recorder.Code != http.StatusOK || got != want {
		t.Errorf("it answers %d %s, want %s", recorder.Code, got, want)
	}
	if code := get(p, http.MethodGet, "http://evil.example/propagation").Code; code != http.StatusMisdirectedRequest {
		t.Errorf("a page elsewhere that resolves to here is answered with %d", code)
	}
}
