package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/test/clusterset"
	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

const (
	namespace  = "propagation"
	annotation = "multicluster.kubernetes.io/export"
	patience   = 20 * time.Second
)

func main() {
	n := flag.Int("n", 50, "exports to measure, one after the other")
	pause := flag.Duration("pause", 100*time.Millisecond, "rest between two exports")
	flag.Parse()
	if err := run(*n, *pause); err != nil {
		fmt.Fprintln(os.Stderr, "bench-propagation:", err)
		os.Exit(1)
	}
}

func run(n int, pause time.Duration) (err error) {
	if n < 1 {
		return fmt.Errorf("-n=%d: at least one export must be measured", n)
	}
	if _, err := lab.Enter(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "propagation-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	set, err := clusterset.Start(ctx, clusterset.Config{Dir: dir + "/lab", Members: []string{"east", "west"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, set.Stop()) }()
	if err := prepare(ctx, set, n); err != nil {
		return err
	}
	stages, err := watchStages(ctx, set)
	if err != nil {
		return err
	}
	var all []sample
	for i := range n {
		s, err := measure(ctx, set, stages, serviceName(i))
		if err != nil {
			return err
		}
		all = append(all, s)
		time.Sleep(pause)
	}
	report(os.Stdout, all)
	return nil
}

func serviceName(i int) string { return fmt.Sprintf("web-%02d", i) }

// prepare makes the namespace everywhere and n Services with an endpoint each in the exporting cluster.
func prepare(ctx context.Context, set *clusterset.Clusterset, n int) error {
	for _, m := range set.Members {
		if err := m.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
			return err
		}
	}
	for i := range n {
		service := &corev1.Service{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: serviceName(i)},
			Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 80}}},
		}
		slice := &discoveryv1.EndpointSlice{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: namespace, Name: service.Name,
				Labels: map[string]string{discoveryv1.LabelServiceName: service.Name},
			},
			AddressType: discoveryv1.AddressTypeIPv4,
			Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{fmt.Sprintf("10.99.0.%d", i%250+1)}}},
			Ports:       []discoveryv1.EndpointPort{{Name: ptr.To("http"), Port: ptr.To[int32](80), Protocol: ptr.To(corev1.ProtocolTCP)}},
		}
		for _, object := range []client.Object{service, slice} {
			if err := set.Members[0].Client.Create(ctx, object); err != nil {
				return err
			}
		}
	}
	return nil
}

// sample is one export: when, after the annotation, each stage of the line was seen and the name was answered.
type sample struct {
	seen   []time.Duration // by stage, in the order of the stages
	answer time.Duration
}

// measure annotates one Service and waits for the other cluster's answer.
func measure(ctx context.Context, set *clusterset.Clusterset, stages []*stage, name string) (sample, error) {
	exporter, importer := set.Members[0], set.Members[1]
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"true"}}}`, annotation)
	begun := time.Now()
	if err := exporter.Client.Patch(ctx, service, client.RawPatch(types.MergePatchType, patch)); err != nil {
		return sample{}, err
	}
	query := name + "." + namespace + ".svc.clusterset.local."
	for {
		answer, err := importer.Query(ctx, query, dns.TypeA)
		if err != nil {
			return sample{}, err
		}
		if len(answer.Answer) > 0 {
			break
		}
		if time.Since(begun) > patience {
			return sample{}, fmt.Errorf("%s is not answered %s after its annotation", query, patience)
		}
		time.Sleep(500 * time.Microsecond)
	}
	s := sample{answer: time.Since(begun)}
	for _, stage := range stages {
		at, ok := stage.at(name, patience)
		if !ok {
			return sample{}, errors.New(stage.name + " was not seen for " + name)
		}
		s.seen = append(s.seen, at.Sub(begun))
	}
	return s, nil
}

// report prints the distribution of every stage; each line is the time since the annotation.
func report(out io.Writer, all []sample) {
	fmt.Fprintf(out, "annotation in one cluster -> answer in the other, %d exports, milliseconds since the annotation\n", len(all))
	fmt.Fprintf(out, "  %-52s %8s %8s %8s\n", "", "median", "p90", "worst")
	row := func(name string, of func(sample) time.Duration) {
		var values []time.Duration
		for _, s := range all {
			values = append(values, of(s))
		}
		slices.Sort(values)
		at := func(share float64) float64 {
			return float64(values[min(len(values)-1, int(share*float64(len(values))))].Microseconds()) / 1000
		}
		fmt.Fprintf(out, "  %-52s %8.1f %8.1f %8.1f\n", name, at(0.5), at(0.9), at(1))
	}
	for i, name := range stageNames {
		row(name, func(s sample) time.Duration { return s.seen[i] })
	}
	row("the importing cluster's DNS server answers", func(s sample) time.Duration { return s.answer })
}
