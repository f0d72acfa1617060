package notices

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

func TestFresh(t *testing.T) {
	web, api := types.NamespacedName{Namespace: "shop", Name: "web"}, types.NamespacedName{Namespace: "shop", Name: "api"}
	var n Notices
	for _, step := range []struct {
		name        string
		key         types.NamespacedName
		about, text string
		want        bool
	}{
		{name: "what was never said is fresh", key: web, about: "Overlap", text: "two", want: true},
		{name: "what was said is not", key: web, about: "Overlap", text: "two"},
		{name: "another text is", key: web, about: "Overlap", text: "three", want: true},
		{name: "another subject is", key: web, about: "Taken", text: "three", want: true},
		{name: "another name is", key: api, about: "Overlap", text: "three", want: true},
		{name: "nothing to say is never fresh", key: web, about: "Overlap"},
		{name: "and what was said before is fresh after it", key: web, about: "Overlap", text: "three", want: true},
	} {
		if got := n.Fresh(step.key, step.about, step.text); got != step.want {
			t.Errorf("%s: fresh is %t, want %t", step.name, got, step.want)
		}
	}
	n.Fresh(web, "Overlap", "")
	n.Fresh(web, "Taken", "")
	n.Fresh(api, "Overlap", "")
	if len(n.last) != 0 {
		t.Errorf("what is not to be said any more is remembered: %v", n.last)
	}
}
