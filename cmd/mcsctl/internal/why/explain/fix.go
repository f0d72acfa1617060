package explain

import (
	"cmp"
	"fmt"

	"github.com/multicluster-dns/multicluster-dns/cmd/mcsctl/internal/shell"
)

// fix is what to do: a command to paste, or a sentence where no command can do it.
type fix struct {
	text  string
	words bool
}

// command is a fix to paste into a shell. Every argument is quoted where the shell would not take it as it is.
func command(arguments ...string) fix {
	return fix{text: shell.Line(arguments...)}
}

// sentence is a fix in words.
func sentence(format string, args ...any) fix {
	return fix{text: fmt.Sprintf(format, args...), words: true}
}

// kubectl is a command on the cluster of a context; without a context it is that command with a place to fill in.
func kubectl(context string, arguments ...string) fix {
	return command(append([]string{"kubectl", "--context", cmp.Or(context, "CONTEXT")}, arguments...)...)
}

// why is this command again, for another name or type.
func (w *walk) why(name, qtype string) fix {
	arguments := []string{"mcsctl", "why", name}
	if qtype != "A" {
		arguments = append(arguments, "-t", qtype)
	}
	return command(append(arguments, "--from", w.Importer.Context)...)
}

// join has a member join again under an id.
func (w *walk) join(context, id string) fix {
	return command("mcsctl", "join", "--context", cmp.Or(context, "CONTEXT"), "--hub", cmp.Or(w.Hub.Context, "HUB"), "--cluster-id", id)
}
