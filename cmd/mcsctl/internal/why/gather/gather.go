package gather

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/kube"
	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/why/explain"
)

// Request says what is asked, and from where.
type Request struct {
	// Name and Type are as a person gave them.
	Name, Type string
	// Context is where it is asked, "" for the current one; Namespace and Pod are the pod that asks, "" for none.
	Context, Namespace, Pod string
	// DNS is the server to ask, host:port; "" for the cluster's own.
	DNS string
}

// settling is how long a difference between what is said and what the API asks for may be a change on its way.
const settling = 1500 * time.Millisecond

// ErrNoPod is that of a request from a pod that does not exist.
var ErrNoPod = errors.New("there is no pod")

// Facts reads everything that bears on the request, from all clusters at once. An error is one of the request or the kubeconfig;
// whatever cannot be read is a fact.
func Facts(ctx context.Context, config *kube.Config, request Request) (explain.Facts, error) {
	cluster, err := config.Cluster(request.Context)
	if err != nil {
		return explain.Facts{}, err
	}
	f := explain.Facts{Importer: explain.Importer{Context: cluster.Context, Named: request.DNS != ""}}
	readServers(ctx, cluster, &f.Importer)
	question, err := explain.Ask(request.Name, request.Type, explain.Zones(f.Importer.Corefile.Value, f.Importer.BesideCorefile.Value)...)
	if err != nil {
		return explain.Facts{}, err
	}
	f.Question = question
	var group sync.WaitGroup
	group.Go(func() { readImporter(ctx, cluster, question, &f.Importer) })
	group.Go(func() { readResolver(ctx, cluster, request, &f.Importer) })
	group.Go(func() { f.Hub, f.Members = readMembers(ctx, config, question) })
	asker := findServers(ctx, cluster, request.DNS)
	defer asker.close()
	asker.ask(ctx, question, &f.Importer)
	group.Wait()
	if request.Pod != "" && f.Importer.Pod.Sight == explain.Seen && f.Importer.Pod.Value == nil {
		return explain.Facts{}, fmt.Errorf("%w %s/%s in %s", ErrNoPod, request.Namespace, request.Pod, cluster.Context)
	}
	asker.search(ctx, question, &f.Importer)
	f.Now = time.Now()
	for _, m := range f.Members {
		if m.Context == cluster.Context && m.HubNamespace != "" {
			f.Importer.ID = m.ID
		}
	}
	settle(ctx, cluster, asker, &f)
	return f, nil
}

// settle asks and reads again while the two differ, for a moment: what changes just now is no riddle.
func settle(ctx context.Context, cluster *kube.Cluster, asker *asker, f *explain.Facts) {
	if f.Question.Service == "" || len(f.Importer.Answers) == 0 {
		return
	}
	for deadline := time.Now().Add(settling); !agree(*f) && time.Now().Before(deadline); {
		select {
		case <-ctx.Done():
			return
		case <-time.After(settling / 5):
		}
		asker.ask(ctx, f.Question, &f.Importer)
		readImport(ctx, cluster, f.Question, &f.Importer)
	}
}

// agree says whether the first server says what the API asks for, as far as both are known.
func agree(f explain.Facts) bool {
	im := f.Importer
	if im.Import.Sight != explain.Seen || im.Slices.Sight != explain.Seen {
		return true
	}
	return im.Answers[0].Agrees(explain.Expect(f.Question, im.Import.Value, im.Slices.Value))
}

// From splits the --from of a command into a context and, where it has them, a namespace and a pod: CONTEXT[/NAMESPACE/POD]. A context
// may have slashes in its name, as those of some clouds do; contexts are those there are.
func From(from string, contexts []string) (Request, error) {
	for _, name := range contexts {
		if from == name {
			return Request{Context: name}, nil
		}
		rest, found := strings.CutPrefix(from, name+"/")
		namespace, pod, whole := strings.Cut(rest, "/")
		if found && whole && namespace != "" && pod != "" && !strings.Contains(pod, "/") {
			return Request{Context: name, Namespace: namespace, Pod: pod}, nil
		}
	}
	if from == "" {
		return Request{}, nil
	}
	return Request{}, fmt.Errorf("--from %q: there is no such context; it is CONTEXT or CONTEXT/NAMESPACE/POD, and the contexts are %q", from, contexts)
}
