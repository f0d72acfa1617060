package join

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
)

// takeBack has the ServiceExports that stay, which somebody made by hand, no longer say that they are exported. The member's controller
// says so itself where it learned of the departure before it was removed; one that was alone, or down, did not.
func (l *leaving) takeBack(ctx context.Context) (string, error) {
	corrected := 0
	err := each(ctx, l.member, &mcsv1beta1.ServiceExportList{}, nil, func(object client.Object) error {
		export, ok := object.(*mcsv1beta1.ServiceExport)
		if !ok || !meta.IsStatusConditionTrue(export.Status.Conditions, string(mcsv1beta1.ServiceExportConditionReady)) {
			return nil
		}
		if err := l.correct(ctx, export); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("correcting the status of ServiceExport %q in context %q: %w", client.ObjectKeyFromObject(export), l.member.Context, err)
		}
		corrected++
		return nil
	})
	if err != nil || corrected == 0 {
		return "", err
	}
	return fmt.Sprintf("%d of the ServiceExports that stay no longer say that they are exported", corrected), nil
}

func (l *leaving) correct(ctx context.Context, export *mcsv1beta1.ServiceExport) error {
	before := export.DeepCopy()
	meta.SetStatusCondition(&export.Status.Conditions, mcs.DepartedCondition(export.Generation))
	meta.RemoveStatusCondition(&export.Status.Conditions, string(mcsv1beta1.ServiceExportConditionConflict))
	return l.member.Status().Patch(ctx, export, client.MergeFrom(before))
}
