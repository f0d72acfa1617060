package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// wantEvent says that there is an Event of a reason about objects of a name.
func (c *cluster) wantEvent(namespace, name, reason string) func(context.Context) error {
	return func(ctx context.Context) error {
		var list corev1.EventList
		if err := c.List(ctx, &list, client.InNamespace(namespace)); err != nil {
			return err
		}
		for _, e := range list.Items {
			if e.InvolvedObject.Name == name && e.Reason == reason {
				return nil
			}
		}
		return fmt.Errorf("none of the %d Events is %s about %s", len(list.Items), reason, name)
	}
}

// A namespace takes nothing new from the moment it is deleted. Here it never ends, for no controller empties it.
func TestNothingIsToldWhereItCannotBeKept(t *testing.T) {
	hub := startCluster(t)
	hub.hub(t)
	east := hub.join(t, hub, "east") // A hub may be a member of its own clusterset.
	east.create(t, namespace("ending"), namespace("shop"))
	east.start(t)
	for _, ns := range []string{"ending", "shop"} {
		east.create(t, service(ns, "web", annotated), slice(ns, "web", "10.1.0.10"))
		eventually(t, "exported from "+ns, east.wantConditions(ns, "web", "Valid=True/Valid Ready=True/Exported Conflict=False/NoConflicts"))
		eventually(t, "an Event says so in "+ns, east.wantEvent(ns, "web", "Exported"))
	}
	if err := east.Delete(t.Context(), namespace("ending")); err != nil {
		t.Fatal(err)
	}
	// Namespaces are watched in the order of their changes: what knows of a later one knows that this one ends.
	later := namespace("later")
	later.Annotations = annotated
	east.create(t, later, service("later", "web", nil))
	eventually(t, "exported as its namespace says", func(ctx context.Context) error {
		return east.Get(ctx, client.ObjectKey{Namespace: "later", Name: "web"}, &mcsv1beta1.ServiceExport{})
	})
	for _, ns := range []string{"ending", "shop"} {
		if err := east.Delete(t.Context(), service(ns, "web", nil)); err != nil {
			t.Fatal(err)
		}
		eventually(t, "scenario 3: invalid in "+ns, east.wantConditions(ns, "web", "Valid=False/NoService Ready=False/Pending"))
	}
	eventually(t, "an Event tells of the later one", east.wantEvent("shop", "web", "NoService"))
	if log := east.log.String(); strings.Contains(log, "ejected event") || strings.Contains(log, "being terminated") {
		t.Errorf("what the API server refuses was sent to it:\n%s", log)
	}
}
