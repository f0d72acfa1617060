package mcs_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// web is the service that all tables speak of.
var web = types.NamespacedName{Namespace: "shop", Name: "web"}

// minute is a time of creation: the exports of lower minutes are older.
func minute(n int) time.Time { return time.Date(2026, time.May, 1, 12, n, 0, 0, time.UTC) }

// exported is a ClusterSetIP service over IPv4 with the port "http 80/TCP" and no endpoints, created and recorded at a minute and
// then changed by edits.
func exported(cluster string, created int, edits ...func(*mcs.Export)) mcs.Export {
	e := mcs.Export{
		Cluster:    mcs.ClusterID(cluster),
		Key:        web,
		Claimed:    minute(created),
		Recorded:   minute(created),
		Type:       mcsv1beta1.ClusterSetIP,
		Ports:      ports("http 80/TCP"),
		IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol},
	}
	for _, edit := range edits {
		edit(&e)
	}
	return e
}

func withPorts(texts ...string) func(*mcs.Export) {
	return func(e *mcs.Export) { e.Ports = ports(texts...) }
}

func withFamilies(families ...corev1.IPFamily) func(*mcs.Export) {
	return func(e *mcs.Export) { e.IPFamilies = families }
}

func withSlices(slices ...mcs.Slice) func(*mcs.Export) {
	return func(e *mcs.Export) { e.Slices = slices }
}

func invalid(reason string) func(*mcs.Export) {
	return func(e *mcs.Export) { e.Invalid = reason }
}

// ports reads ports as the tables write them: "http 80/TCP", "80/UDP" without a name, "http 80/TCP example.org/h2c" with an
// application protocol.
func ports(texts ...string) []mcs.Port {
	list := make([]mcs.Port, 0, len(texts))
	for _, text := range texts {
		var p mcs.Port
		fields := strings.Fields(text)
		if !strings.Contains(fields[0], "/") {
			p.Name, fields = fields[0], fields[1:]
		}
		number, protocol, _ := strings.Cut(fields[0], "/")
		n, err := strconv.ParseInt(number, 10, 32)
		if err != nil {
			panic("port " + text + " in a test table: " + err.Error())
		}
		p.Port, p.Protocol = int32(n), corev1.Protocol(protocol)
		if len(fields) > 1 {
			p.AppProtocol = &fields[1]
		}
		list = append(list, p)
	}
	return list
}

// slice is an IPv4 slice with one ready endpoint at the address, listening on the target ports "http 8080/TCP".
func slice(name, address string, targets ...string) mcs.Slice {
	return mcs.Slice{
		Name:        name,
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       slicePorts(targets...),
		Endpoints:   []mcs.Endpoint{{Addresses: []string{address}, Ready: new(true)}},
	}
}

func slicePorts(texts ...string) []mcs.SlicePort {
	var list []mcs.SlicePort
	for _, p := range ports(texts...) {
		list = append(list, mcs.SlicePort{Name: p.Name, Protocol: p.Protocol, AppProtocol: p.AppProtocol, Port: &p.Port})
	}
	return list
}

// requireSpec fails a table row that does not say which clause it proves.
func requireSpec(t *testing.T, spec string) {
	t.Helper()
	if spec == "" {
		t.Fatal("the case names no clause")
	}
}
