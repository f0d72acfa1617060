package explain

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/annotate"
	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// exports says whether a member exports the service, as far as was seen.
func (m Member) exports() bool { return m.Export.Value != nil || m.Record.Value != nil }

// exporters judges every member that exports the service, or says that none does.
func (w *walk) exporters() {
	any, unsure := false, false
	for _, m := range w.Members {
		switch {
		case m.exports():
			any = true
			w.exporter(m)
		case !m.Export.seen() && m.Export.Sight != Unserved && !m.Record.seen():
			unsure = true
			w.unknown("export", fmt.Sprintf("%s: %s", m.ID, firstOf(m.Export.Detail, m.Record.Detail, "nothing of it was read")))
		}
	}
	if !any && !unsure {
		w.notExported()
	}
	if any {
		w.waits()
	}
}

// exporter judges one member that exports the service.
func (w *walk) exporter(m Member) {
	before := len(w.found)
	w.standing(m)
	w.export(m)
	if valid(m) {
		w.endpoints(m)
	}
	if len(w.found) == before {
		w.step(OK, "export", "%s: %s", m.ID, exportText(m))
	}
}

// valid says whether a member's export contributes, as its own cluster or the hub says.
func valid(m Member) bool {
	if m.Export.Value != nil {
		condition := meta.FindStatusCondition(m.Export.Value.Status.Conditions, string(mcsv1beta1.ServiceExportConditionValid))
		return condition != nil && condition.Status == metav1.ConditionTrue
	}
	return m.Record.Value != nil && m.Record.Value.Spec.Invalid == ""
}

// exportText is a good export in a few words.
func exportText(m Member) string {
	if m.Export.Value == nil {
		return "exported, as its record on the hub says"
	}
	words := []string{"ServiceExport"}
	for _, kind := range []mcsv1beta1.ServiceExportConditionType{mcsv1beta1.ServiceExportConditionValid, mcsv1beta1.ServiceExportConditionReady} {
		if c := meta.FindStatusCondition(m.Export.Value.Status.Conditions, string(kind)); c != nil && c.Status == metav1.ConditionTrue {
			words = append(words, string(kind))
		}
	}
	if m.Slices.seen() {
		ready, total := countReady(m)
		words = append(words, fmt.Sprintf("with %d/%d endpoints ready", ready, total))
	}
	return strings.Join(words, " ")
}

// export judges the conditions of a ServiceExport (KEP-1645, "ServiceExport").
func (w *walk) export(m Member) {
	if m.Export.Value == nil {
		if record := m.Record.Value; record.Spec.Invalid != "" {
			w.invalid(m, record.Spec.Invalid, "the hub's record says so")
		}
		return
	}
	conditions := m.Export.Value.Status.Conditions
	validity := meta.FindStatusCondition(conditions, string(mcsv1beta1.ServiceExportConditionValid))
	switch {
	case validity == nil:
		w.fail("export", NoController, w.look(m), "%s: nobody has judged ServiceExport %s: it has no conditions", m.ID, w.Question.Key())
		return
	case validity.Status != metav1.ConditionTrue:
		w.invalid(m, validity.Reason, validity.Message)
		return
	}
	if ready := meta.FindStatusCondition(conditions, string(mcsv1beta1.ServiceExportConditionReady)); ready != nil && ready.Status != metav1.ConditionTrue {
		w.notReady(m, *ready)
	}
	if conflict := meta.FindStatusCondition(conditions, string(mcsv1beta1.ServiceExportConditionConflict)); conflict != nil && conflict.Status == metav1.ConditionTrue {
		w.conflict(m, *conflict)
	}
}

// invalid judges an export that contributes nothing.
func (w *walk) invalid(m Member, reason, message string) {
	key := w.Question.Key()
	switch reason {
	case string(mcsv1beta1.ServiceExportReasonNoService):
		w.fail("export", NoService, kubectl(m.Context, "-n", key.Namespace, "create", "service", "clusterip", key.Name, "--tcp="+w.portPair(m)),
			"%s: ServiceExport %s has no Service of its name", m.ID, key)
	case string(mcsv1beta1.ServiceExportReasonInvalidServiceType):
		w.fail("export", NoService, kubectl(m.Context, "-n", key.Namespace, "patch", "service", key.Name, "--type=merge", "-p", `{"spec":{"type":"ClusterIP","externalName":null}}`),
			"%s: Service %s is of type ExternalName, which is a name and no service", m.ID, key)
	default:
		w.fail("export", NotAllowed, sentence("export a Service of another name or namespace"), "%s: %s: %s", m.ID, reason, message)
	}
}

// portPair is the port to make a Service with: the import's, where there is one still, and the container's.
func (w *walk) portPair(m Member) string {
	port, target := int32(80), int32(0)
	if si := w.Importer.Import.Value; si != nil && len(si.Spec.Ports) > 0 {
		port = si.Spec.Ports[0].Port
	}
	for _, pod := range m.Pods.Value {
		for _, container := range pod.Spec.Containers {
			if len(container.Ports) > 0 && target == 0 {
				target = container.Ports[0].ContainerPort
			}
		}
	}
	if target == 0 || target == port {
		return fmt.Sprint(port)
	}
	return fmt.Sprintf("%d:%d", port, target)
}

// notReady judges an export that is valid and has not come through to the hub.
func (w *walk) notReady(m Member, ready metav1.Condition) {
	message := ready.Message
	excluded := w.excluded(m)
	switch {
	case ready.Status == metav1.ConditionUnknown, m.HubNamespace == "" && w.Hub.Registry.seen():
		if !w.has(MemberGone) && !w.has(IDDisputed) {
			w.fail("export", MemberGone, w.join(m.Context, string(m.ID)), "%s: %s", m.ID, message)
		}
	case strings.Contains(message, "kube-system UID"), excluded != "":
		if !w.has(IDDisputed) {
			w.fail("export", IDDisputed, w.join(m.Context, string(m.ID)+"-2"), "%s: %s", m.ID, message)
		}
	case ready.Reason == string(mcsv1beta1.ServiceExportReasonFailed) && strings.Contains(message, "forbidden") && strings.Contains(message, "cannot"):
		w.fail("export", CredentialRefused, w.join(m.Context, string(m.ID)), "%s: %s", m.ID, message)
	case ready.Reason == string(mcsv1beta1.ServiceExportReasonFailed):
		w.fail("export", HubRefuses, kubectl(m.Context, "-n", w.Question.Namespace, "describe", "serviceexport", w.Question.Service), "%s: %s", m.ID, message)
	case w.has(CredentialRefused), w.has(CutOff), w.has(HubAway), w.has(MemberStale):
		w.step(Fail, "export", "%s: not on the hub yet: %s", m.ID, message)
	case w.Hub.Registry.Sight == Unreachable:
		w.fail("export", HubAway, kubectl(w.Hub.Context, "get", "--raw", "/readyz"), "%s: %s", m.ID, message)
	default:
		w.fail("export", CutOff, w.restart(m), "%s: not on the hub yet: %s", m.ID, message)
	}
}

// notExported finds the Service that is probably meant.
func (w *walk) notExported() {
	key := w.Question.Key()
	for _, m := range w.Members {
		service := m.Service.Value
		if service == nil {
			continue
		}
		said := "no ServiceExport of its name"
		if value, found := service.Annotations[annotate.DefaultKey]; found {
			said = fmt.Sprintf("its annotation %s is %q", annotate.DefaultKey, value)
			if value == "true" {
				w.fail("export", NoController, w.look(m), "%s has Service %s, annotated for export, and nobody has made a ServiceExport for it", m.ID, key)
				return
			}
		}
		w.fail("export", NotExported, kubectl(m.Context, "-n", key.Namespace, "annotate", "service", key.Name, annotate.DefaultKey+"=true", "--overwrite"),
			"%s has Service %s and does not export it: %s", m.ID, key, said)
		return
	}
	if other, in := w.neighbour(); other != "" {
		w.fail("export", NotExported, w.why(shown(other+"."+strings.TrimPrefix(w.Question.serviceName(), w.Question.Service+".")), "A"),
			"no member has a Service %s; %s has %s/%s", key, in, key.Namespace, other)
		return
	}
	w.fail("export", NotExported, sentence("create Service %s in the member that shall serve it, annotated %s=true", key, annotate.DefaultKey), "no member has a Service %s, nor an export of it", key)
}

// neighbour is a Service whose name is nearly the one in the question, and the member that has it.
func (w *walk) neighbour() (name string, in mcs.ClusterID) {
	for _, m := range w.Members {
		candidate := nearest(w.Question.Service, m.Neighbours.Value)
		same := 0
		for same < min(len(candidate), len(w.Question.Service)) && candidate[same] == w.Question.Service[same] {
			same++
		}
		if same >= 3 && same*2 >= len(w.Question.Service) {
			return candidate, m.ID
		}
	}
	return "", ""
}

// excluded is why the registry has a member's profile and does not take it, "" where it does.
func (w *walk) excluded(m Member) string {
	i := slices.IndexFunc(w.Hub.Excluded, func(e excludedProfile) bool { return e.Profile == string(m.ID) })
	if i < 0 {
		return ""
	}
	return w.Hub.Excluded[i].Reason
}

func firstOf(words ...string) string {
	for _, word := range words {
		if word != "" {
			return word
		}
	}
	return ""
}
