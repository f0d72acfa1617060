package export

import (
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/internal/grace"
)

// lingering knows which exports went together with their Services: those that an annotation made are collected with the Service. A
// Service that is replaced within seconds has its export made anew as well, and until then the record says that there is no Service,
// so that nobody gives the service's IP away. It remembers the Service of each export that there was since start. The zero value knows
// none. It may be used concurrently.
type lingering struct {
	mu       sync.Mutex
	services map[types.NamespacedName]types.UID
	periods  grace.Periods
}

// exported takes in that there is an export, and of which Service, nil for none.
func (l *lingering) exported(key types.NamespacedName, export *mcsv1beta1.ServiceExport, service *corev1.Service) {
	l.periods.Forget(key)
	var uid types.UID
	if owner := metav1.GetControllerOfNoCopy(export); owner != nil && owner.Kind == "Service" {
		uid = owner.UID // Also after the Service was replaced: with this one the export goes.
	} else if service != nil {
		uid = service.UID
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case uid == "":
	case l.services == nil:
		l.services = map[types.NamespacedName]types.UID{key: uid}
	default:
		l.services[key] = uid
	}
}

// left is for how much longer the record of an export that is no more stays, given the Service of its name, nil for none:
//
//	record   Service                                    then
//	none     any                                        zero
//	there    none, being deleted, or another than was   what is left of the allowance
//	there    the one that was exported                  zero: it is no longer to be exported
//	there    some, and nothing is known of before       zero
func (l *lingering) left(key types.NamespacedName, service *corev1.Service, recorded bool, allowance time.Duration, now clock.PassiveClock) time.Duration {
	l.mu.Lock()
	before, known := l.services[key]
	if !recorded {
		delete(l.services, key)
	}
	l.mu.Unlock()
	gone := service == nil || service.DeletionTimestamp != nil || known && service.UID != before
	return l.periods.Left(key, recorded && gone, allowance, now)
}
