package hub

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A ledger of records that are one word each, told as a story of what this process did and what it saw.
func TestLedger(t *testing.T) {
	const nothing = ""
	for _, tc := range []struct {
		name  string
		story []string // "wrote UID VERSION WORD", "erased", "saw UID VERSION WORD", "saw none", "listed VERSION", "reset"
		want  string
	}{
		{name: "what was never heard of is not there", want: nothing},
		{name: "what was seen is there", story: []string{"saw u 1 a"}, want: "a"},
		{name: "what was written is there before it is seen", story: []string{"wrote u 1 a"}, want: "a"},
		{name: "a write is newer than what is seen later of before", story: []string{"saw u 1 a", "wrote u 3 c", "saw u 2 b"}, want: "c"},
		{name: "another's later write is newer than one's own", story: []string{"wrote u 3 c", "saw u 4 d"}, want: "d"},
		{name: "a write that undoes one is not lost", story: []string{"saw u 1 a", "wrote u 2 b", "wrote u 3 a", "saw u 2 b"}, want: "a"},
		{name: "versions are numbers, not text", story: []string{"wrote u 10 b", "saw u 9 a"}, want: "b"},
		{name: "what was deleted is gone before that is seen", story: []string{"saw u 1 a", "erased"}, want: nothing},
		{name: "what was deleted stays gone when an older change is seen", story: []string{"saw u 1 a", "erased", "saw u 2 b"}, want: nothing},
		{name: "what was made anew after a deletion is there", story: []string{"saw u 1 a", "erased", "wrote v 5 b", "saw none"}, want: "b"},
		{name: "what another made anew after a deletion is there", story: []string{"saw u 1 a", "erased", "saw none", "saw v 9 z"}, want: "z"},
		{name: "what was written, seen and deleted by another is gone", story: []string{"wrote u 1 a", "saw u 1 a", "saw none"}, want: nothing},
		{name: "what was written and is not in a later list is gone", story: []string{"wrote u 3 a", "listed 5"}, want: nothing},
		{name: "what was written is not in an earlier list", story: []string{"wrote u 3 a", "listed 2"}, want: "a"},
		{name: "what was written to another hub is forgotten", story: []string{"wrote u 900 a", "reset", "saw v 3 b"}, want: "b"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			name := types.NamespacedName{Namespace: "home", Name: "record"}
			var l *ledger[string]
			m := newMirror(
				func(o client.Object) string { return o.GetLabels()["word"] },
				func(string) types.NamespacedName { return types.NamespacedName{Name: "group"} },
				func(object, _ types.NamespacedName) { l.seen(object) }).grouped()
			l = newLedger(m)
			for _, line := range tc.story {
				tell(t, l, m, name, line)
			}
			e, found := l.get(name)
			if found != (tc.want != nothing) || e.record != tc.want {
				t.Errorf("the ledger has %q, %v, want %q", e.record, found, tc.want)
			}
			members := l.members("home", types.NamespacedName{Name: "group"})
			if _, listed := members[name]; listed != found {
				t.Errorf("the group has %v, the ledger %v", members, found)
			}
			if strangers := l.members("elsewhere", types.NamespacedName{Name: "group"}); len(strangers) != 0 {
				t.Errorf("another namespace has %v", strangers)
			}
		})
	}
}

func tell(t *testing.T, l *ledger[string], m *mirror[string], name types.NamespacedName, line string) {
	t.Helper()
	words := append(strings.Fields(line), "", "", "")
	object := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Namespace: name.Namespace, Name: name.Name, UID: types.UID(words[1]), ResourceVersion: words[2],
		Labels: map[string]string{"word": words[3]},
	}}
	switch {
	case words[0] == "wrote":
		l.learn(name, object, true)
	case words[0] == "erased":
		l.learn(name, nil, false)
	case line == "saw none":
		m.remove(name)
	case words[0] == "saw":
		m.put(object)
	case words[0] == "listed":
		l.listed(words[1])
	case words[0] == "reset":
		l.reset()
		m.keep(nil)
	default:
		t.Fatalf("the story has %q", line)
	}
}
