package verify

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/exit"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

func TestNamesStandInOneColumn(t *testing.T) {
	for _, tc := range []struct {
		name string
		ids  []mcs.ClusterID
		want int
	}{
		{"short ids leave the column as it is", []mcs.ClusterID{"east", "west"}, 20},
		{"the longest id asks for its own Service too", []mcs.ClusterID{"c1", "eu.west-3"}, len("eu.west-3 from eu.west-3")},
		{"very long ids leave room for what came of the step", []mcs.ClusterID{"production-europe-west-3-blue"}, 40},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var members []*member
			for _, id := range tc.ids {
				members = append(members, &member{Member: kube.Member{ID: id}})
			}
			if got := nameWidth(members); got != tc.want {
				t.Errorf("the column is %d wide, want %d", got, tc.want)
			}
		})
	}
}

func TestJUnit(t *testing.T) {
	var out bytes.Buffer
	err := writeJUnit(&out, []Result{
		{"export", "east", Passed, "on the hub after 112ms", 0.1124},
		{"resolve", "west from east", Failed, `the DNS server answers NXDOMAIN [] & "more"`, 60},
		{"connect", "west from east", Skipped, "nothing listens", 0},
	}, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="mcsctl verify" tests="3" failures="1" skipped="1" time="60.112" timestamp="2026-11-22T12:00:00">
  <testcase classname="mcsctl.verify.export" name="east" time="0.112"></testcase>
  <testcase classname="mcsctl.verify.resolve" name="west from east" time="60.000">
    <failure message="the DNS server answers NXDOMAIN [] &amp; &#34;more&#34;"></failure>
  </testcase>
  <testcase classname="mcsctl.verify.connect" name="west from east" time="0.000">
    <skipped message="nothing listens"></skipped>
  </testcase>
</testsuite>
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

func TestTheClientIsReadyWhenItsKubeletReachesTheAddress(t *testing.T) {
	pod := clientPod("mcs-verify-x", "coredns:1", "10.97.0.7")
	probe := pod.Spec.Containers[0].ReadinessProbe
	if got := probe.HTTPGet.Host; got != "10.97.0.7" {
		t.Errorf("the probe goes to %q", got)
	}
	if got, want := probe.HTTPGet.Port.IntValue(), port; got != want {
		t.Errorf("the probe goes to port %d, want that of the Service, %d", got, want)
	}
	var selector map[string]string
	for _, object := range backend("mcs-verify-x", "coredns:1") {
		if service, ok := object.(*corev1.Service); ok {
			selector = service.Spec.Selector
		}
	}
	if labels.SelectorFromSet(selector).Matches(labels.Set(pod.Labels)) {
		t.Error("the client is one of the endpoints it is to reach")
	}
}

func TestWantedSteps(t *testing.T) {
	for _, tc := range []struct {
		name       string
		only, skip []string
		want       []string
		status     int
	}{
		{"all steps are made", nil, nil, allSteps, exit.OK},
		{"only one, which needs the export", []string{"resolve"}, nil, []string{"export", "resolve"}, exit.OK},
		{"all but one", nil, []string{"connect"}, []string{"export", "resolve", "withdraw"}, exit.OK},
		{"an unknown step is misuse", []string{"ping"}, nil, nil, exit.Misused},
		{"without an export nothing can be verified", nil, []string{"export"}, nil, exit.Misused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := options{only: tc.only, skip: tc.skip}
			steps, err := o.wanted()
			if got := exit.Status(err); got != tc.status {
				t.Fatalf("status %d, want %d", got, tc.status)
			}
			var got []string
			for _, step := range allSteps {
				if steps[step] {
					got = append(got, step)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}
