package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// act is one kind of thing that is done.
type act string

// The acts. Each is carried out on whatever is there: what has nothing to work on does nothing.
const (
	createService   act = "create Service"
	editService     act = "edit Service"
	deleteService   act = "delete Service"
	replaceService  act = "replace Service"
	annotateService act = "annotate Service"
	bareService     act = "remove the annotation of Service"
	createExport    act = "create ServiceExport"
	editExport      act = "edit ServiceExport"
	deleteExport    act = "delete ServiceExport"
	scalePods       act = "scale pods of"
	deletePod       act = "delete a pod of"
	turnPod         act = "turn the readiness of a pod of"
	writeSlice      act = "write an EndpointSlice of"
	deleteSlice     act = "delete the EndpointSlice of"
	deleteImported  act = "delete an imported EndpointSlice of"
	deleteDerived   act = "delete the derived Service of"
	editImport      act = "edit the ServiceImport of"
	killController  act = "kill the controller"
	partition       act = "cut off the member"
	stopHub         act = "stop the hub's API server"
)

// weights say how often each act is drawn, relative to each other. They are a list, since a map has no order to draw from.
var weights = []struct {
	act    act
	weight int
}{
	{createService, 10}, {editService, 10}, {deleteService, 3}, {replaceService, 3}, {annotateService, 6}, {bareService, 3},
	{createExport, 10}, {editExport, 4}, {deleteExport, 5},
	{scalePods, 8}, {deletePod, 6}, {turnPod, 6}, {writeSlice, 6}, {deleteSlice, 2},
	{deleteImported, 2}, {deleteDerived, 2}, {editImport, 2},
	{killController, 1}, {partition, 1}, {stopHub, 1},
}

// The namespaces: one in every member, and one that the last member lacks, which must then import nothing of it.
const (
	everywhere = "soak"
	elsewhere  = "soak-elsewhere"
)

// keys are the services that are worked on.
var keys = []types.NamespacedName{
	{Namespace: everywhere, Name: "web-0"}, {Namespace: everywhere, Name: "web-1"}, {Namespace: everywhere, Name: "web-2"},
	{Namespace: everywhere, Name: "web-3"}, {Namespace: everywhere, Name: "web-4"}, {Namespace: elsewhere, Name: "web-0"},
}

// operation is one thing to do.
type operation struct {
	act    act
	member string
	key    types.NamespacedName
	// shape is what a Service is created as or changed to.
	shape shape
	// labels are what an export says of itself.
	labels map[string]string
	// count is how many pods or endpoints there shall be, or which of them is meant.
	count int
	// lasts is for how long something stays broken.
	lasts time.Duration
}

// String says what is done, as the log has it.
func (o operation) String() string {
	switch o.act {
	case stopHub:
		return fmt.Sprintf("%s for %s", o.act, o.lasts)
	case killController, partition:
		return fmt.Sprintf("%s: %s for %s", o.member, o.act, o.lasts)
	}
	return fmt.Sprintf("%s: %s %s", o.member, o.act, o.key)
}

// shape is what a Service looks like. The zero value has no port.
type shape struct {
	kind         kind
	ports        []corev1.ServicePort
	timeout      int32 // of a ClientIP affinity; 0 is no affinity
	policy       corev1.ServiceInternalTrafficPolicy
	distribution string // "" is none
}

// kind is how a Service is reached.
type kind string

// The kinds of Service that matter to an export.
const (
	virtual  kind = "virtual address"
	headless kind = "headless"
	alias    kind = "ExternalName"
)

// portSets are valid lists of ports that disagree with each other in every way the rules name.
var portSets = [][]corev1.ServicePort{
	{{Name: "http", Port: 80}},
	{{Name: "http", Port: 8080}},
	{{Name: "web", Port: 80}},
	{{Name: "http", Port: 80, AppProtocol: new("kubernetes.io/h2c")}},
	{{Name: "http", Port: 80}, {Name: "admin", Port: 9090}},
	{{Name: "dns", Port: 53, Protocol: corev1.ProtocolUDP}, {Name: "dns-tcp", Port: 53}},
	{{Port: 80}},
	{{Port: 8080}},
}

// script draws operations. The same seed and members make the same script.
type script struct {
	random  *rand.Rand
	members []string
	total   int
}

func newScript(seed uint64, members []string) *script {
	s := &script{random: rand.New(rand.NewPCG(seed, 0)), members: members}
	for _, w := range weights {
		s.total += w.weight
	}
	return s
}

// next draws the next operation.
func (s *script) next() operation {
	return operation{
		act:    s.act(),
		member: pick(s.random, s.members),
		key:    pick(s.random, keys),
		shape:  s.shape(),
		labels: pick(s.random, []map[string]string{nil, {"team": "red"}, {"team": "blue", "tier": "web"}}),
		count:  s.random.IntN(4),
		lasts:  time.Duration(500+s.random.IntN(5500)) * time.Millisecond,
	}
}

func (s *script) act() act {
	drawn := s.random.IntN(s.total)
	for _, w := range weights {
		if drawn -= w.weight; drawn < 0 {
			return w.act
		}
	}
	panic("soak: the weights do not add up")
}

func (s *script) shape() shape {
	return shape{
		kind:         pick(s.random, []kind{virtual, virtual, virtual, virtual, headless, headless, alias}),
		ports:        pick(s.random, portSets),
		timeout:      pick(s.random, []int32{0, 0, 0, 10, 20}),
		policy:       pick(s.random, []corev1.ServiceInternalTrafficPolicy{corev1.ServiceInternalTrafficPolicyCluster, corev1.ServiceInternalTrafficPolicyCluster, corev1.ServiceInternalTrafficPolicyLocal}),
		distribution: pick(s.random, []string{"", "", corev1.ServiceTrafficDistributionPreferClose}),
	}
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }
