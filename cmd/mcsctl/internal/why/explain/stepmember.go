package explain

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

type excludedProfile = membership.Excluded

// restart has a member's controller begin anew.
func (w *walk) restart(m Member) fix {
	if m.Controller.seen() && m.Controller.Value == nil {
		return sentence("start mcs-controller in %s again: it has no Deployment multicluster-dns/mcs-controller", m.ID)
	}
	return kubectl(m.Context, "-n", "multicluster-dns", "rollout", "restart", "deployment", "mcs-controller")
}

// look shows whether a member's controller runs.
func (w *walk) look(m Member) fix {
	if m.Controller.seen() && m.Controller.Value == nil {
		return sentence("start mcs-controller in %s: it has no Deployment multicluster-dns/mcs-controller", m.ID)
	}
	return kubectl(m.Context, "-n", "multicluster-dns", "get", "deployment,pods")
}

// silence is how long a member's Lease has stood still, by its own clock; false where it has none.
func (w *walk) silence(m Member) (time.Duration, bool) {
	lease := m.Lease.Value
	if lease == nil || lease.Spec.RenewTime == nil {
		return 0, false
	}
	return w.Now.Sub(lease.Spec.RenewTime.Time), true
}

// standing judges a member's place in the clusterset: that it is registered, alive and who it says it is.
func (w *walk) standing(m Member) {
	if !w.Hub.Registry.seen() {
		return
	}
	if m.HubNamespace == "" {
		if reason := w.excluded(m); reason != "" {
			w.fail("member", IDDisputed, w.undispute(m, reason), "%s: the registry does not take its profile: %s", m.ID, reason)
			return
		}
		w.fail("member", MemberGone, w.join(m.Context, string(m.ID)), "%s: it is not in the hub's registry", m.ID)
		return
	}
	if lease := m.Lease.Value; lease != nil && m.UID != "" && membership.Holder(lease) != m.UID {
		w.fail("member", IDDisputed, w.join(m.Context, string(m.ID)+"-2"), "%s: another cluster, with kube-system UID %s, holds the id; this one has %s", m.ID, membership.Holder(lease), m.UID)
		return
	}
	silence, known := w.silence(m)
	thresholds := membership.DefaultThresholds
	if !known || silence < thresholds.Stale && w.refused(m) == "" {
		return
	}
	heard := fmt.Sprintf("%s: last heard by the hub %s ago, by its own clock", m.ID, silence.Round(time.Second))
	switch refused := w.refused(m); {
	case m.API.Sight == Unreachable:
		w.fail("member", MemberDown, kubectl(m.Context, "get", "--raw", "/readyz"), "%s, and its API server does not answer: %s", heard, m.API.Detail)
	case refused != "":
		w.fail("member", CredentialRefused, w.join(m.Context, string(m.ID)), "%s: %s", heard, refused)
	case silence >= thresholds.Forget:
		w.fail("member", MemberGone, w.restart(m), "%s: forgotten", heard)
	case saysUnreachable(m):
		w.fail("member", CutOff, w.restart(m), "%s: it does not reach the hub", heard)
	default:
		w.fail("member", MemberStale, w.restart(m), "%s", heard)
	}
}

// undispute is the fix for a profile that states another id than it is registered under; another reason needs another id.
func (w *walk) undispute(m Member, reason string) fix {
	if strings.HasPrefix(reason, "the cluster states the id") {
		return kubectl(w.Hub.Context, "-n", w.Hub.Namespace, "patch", "clusterprofile", string(m.ID), "--subresource=status", "--type=merge", "-p",
			fmt.Sprintf(`{"status":{"properties":[{"name":%q,"value":%q}]}}`, membership.PropertyClusterID, m.ID))
	}
	return w.join(m.Context, string(m.ID)+"-2")
}

// refused says why the hub does not accept a member's credential, "" where it may.
func (w *walk) refused(m Member) string {
	credential := m.Credential.Value
	switch {
	case !m.Credential.seen() || credential.Secret == "":
		return ""
	case !credential.Expires.IsZero() && credential.Expires.Before(w.Now):
		return fmt.Sprintf("its credential in Secret %s expired %s ago", credential.Secret, w.Now.Sub(credential.Expires).Round(time.Second))
	case credential.AccountUID != "" && m.AccountUID.seen() && m.AccountUID.Value != credential.AccountUID:
		return fmt.Sprintf("its credential in Secret %s is for an account that the hub has no more", credential.Secret)
	}
	return ""
}

// saysUnreachable says whether a member's own export says that the hub is away.
func saysUnreachable(m Member) bool {
	if m.Export.Value == nil {
		return false
	}
	for _, condition := range m.Export.Value.Status.Conditions {
		if condition.Type == string(mcsv1beta1.ServiceExportConditionReady) && condition.Status == metav1.ConditionFalse && strings.Contains(condition.Message, "unreachable") {
			return true
		}
	}
	return false
}

// self is the importer as a member, false where it is none or not known.
func (w *walk) self() (Member, bool) {
	for _, m := range w.Members {
		if m.Context == w.Importer.Context || w.Importer.ID != "" && m.ID == w.Importer.ID {
			return m, true
		}
	}
	return Member{}, false
}

// outside says that the importer is known to be no member, though a service was asked for that it does not import: hub says so, and whatever
// else is not there a join brings.
func (w *walk) outside() bool {
	m, member := w.self()
	return w.Question.named() && w.Hub.Registry.seen() && w.Importer.Import.Value == nil && (!member || m.HubNamespace == "")
}

// hub judges whether members meet at all, and whether the importer is among them.
func (w *walk) hub() {
	if !w.Hub.Registry.seen() {
		if w.Hub.Registry.Sight == Unreachable && w.Hub.Context != "" {
			w.fail("hub", HubAway, kubectl(w.Hub.Context, "get", "--raw", "/readyz"), "hub %s does not answer: %s", w.Hub.Context, w.Hub.Registry.Detail)
			return
		}
		w.unknown("hub", w.Hub.Registry.Detail)
		return
	}
	m, member := w.self()
	if !member || m.HubNamespace == "" {
		if w.Importer.Import.Value == nil || w.exported() {
			w.fail("hub", MemberGone, w.join(w.Importer.Context, firstOf(string(w.Importer.ID), w.Importer.Context)), "%s itself is not in the hub's registry", w.Importer.Context)
		}
		return
	}
	if m.exports() {
		w.step(OK, "hub", "%s, %s", w.Hub.Context, plural(len(w.Members), "member"))
		return // judged with its export
	}
	silence, known := w.silence(m)
	switch {
	case !known:
		w.fail("hub", NoController, w.look(m), "%s has never given a sign of life on hub %s", m.ID, w.Hub.Context)
	case w.refused(m) != "":
		w.fail("hub", CredentialRefused, w.join(m.Context, string(m.ID)), "%s itself was last heard by the hub %s ago, by its own clock: %s", m.ID, silence.Round(time.Second), w.refused(m))
	case silence >= membership.DefaultThresholds.Stale:
		w.fail("hub", CutOff, w.restart(m), "%s itself was last heard by the hub %s ago, by its own clock: its imports stand still", m.ID, silence.Round(time.Second))
	default:
		w.step(OK, "hub", "%s, %s; %s heard %s ago", w.Hub.Context, plural(len(w.Members), "member"), m.ID, max(silence, 0).Round(time.Second))
	}
}

// waits judges an import that is missing though all it needs is there.
func (w *walk) waits() {
	im := w.Importer
	if !im.Import.seen() || im.Import.Value != nil || len(w.found) > 0 || !w.exported() {
		return
	}
	m, member := w.self()
	if !member {
		return // the hub's step says so
	}
	if silence, known := w.silence(m); known && silence >= membership.DefaultThresholds.Stale {
		return
	}
	w.fail("import", NoController, w.look(m), "%s: nothing keeps the service from being imported, and it is not", im.Context)
}

// winner finds the cluster whose export decides in the message of a conflict.
var winner = regexp.MustCompile(`oldest service export in "([^"]+)"`)
