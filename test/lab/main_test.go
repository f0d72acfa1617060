package lab

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	if _, err := Enter(); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		return 1
	}
	if os.Getenv(helperVariable) != "" {
		return helper(os.Stdin, os.Stdout)
	}
	code := m.Run()
	if shared.lab != nil {
		if err := shared.lab.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "lab:", err)
			return 1
		}
	}
	return code
}

// shared is the lab that most tests use. Each has a namespace of its own in it and repairs what it breaks.
var shared struct {
	once sync.Once
	lab  *Lab
	err  error
}

func sharedLab(t *testing.T) *Lab {
	t.Helper()
	if testing.Short() {
		t.Skip("starts control planes; left out under -short")
	}
	shared.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
		defer cancel()
		shared.lab, shared.err = Start(ctx, Config{
			Clusters:  []string{"east", "west"},
			DualStack: whereWeAre().IPv6,
			Outside:   true,
			CRDs:      [][]byte{[]byte(widgetCRD)},
		})
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.lab
}

// needNamespaces leaves a test out where there are no networks to test.
func needNamespaces(t *testing.T, l *Lab) {
	t.Helper()
	if !l.Isolation().Namespaces() {
		t.Skip("needs networks of the clusters' own:", l.Isolation().Why)
	}
}

// patience bounds every wait; a wait that succeeds takes milliseconds to seconds. A controller that lost its API server more than once
// may itself wait for a minute before it looks again.
const patience = 3 * time.Minute

// eventually waits until check has nothing against the state of things.
func eventually(t *testing.T, what string, check func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := poll(ctx, nil, check); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// newNamespace makes a namespace for one test and deletes it afterwards.
func newNamespace(t *testing.T, c *Cluster) string {
	t.Helper()
	namespaces := c.Client().CoreV1().Namespaces()
	namespace, err := namespaces.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := namespaces.Delete(ctx, namespace.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	return namespace.Name
}

// answerPatience bounds one question. Nothing is lost on the way inside one machine, so that an answer that takes long is one that a busy
// machine has not come to yet.
const answerPatience = 10 * time.Second

// get is an HTTP request from inside a cluster, on a connection of its own.
func get(ctx context.Context, from *Cluster, url string) (string, error) {
	client := &http.Client{Timeout: answerPatience, Transport: &http.Transport{DialContext: from.DialContext, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var body strings.Builder
	if err := response.Write(&body); err != nil {
		return "", err
	}
	_, content, _ := strings.Cut(body.String(), "\r\n\r\n")
	return content, nil
}

// ask is one UDP packet from inside a cluster and the one that comes back.
func ask(ctx context.Context, from *Cluster, address string) (string, error) {
	conn, err := from.DialContext(ctx, "udp", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return exchange(conn, "?")
}

// exchange sends a question and reads one answer.
func exchange(conn net.Conn, question string) (string, error) {
	buffer := make([]byte, 1500)
	err := conn.SetDeadline(time.Now().Add(answerPatience))
	if err == nil {
		_, err = conn.Write([]byte(question))
	}
	var n int
	if err == nil {
		n, err = conn.Read(buffer)
	}
	return string(buffer[:n]), err
}

var errNotYet = errors.New("not yet")

const widgetCRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.lab.example.org
spec:
  group: lab.example.org
  names: {kind: Widget, listKind: WidgetList, plural: widgets, singular: widget}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema: {type: object}
`
