package main

import (
	"context"
	"errors"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/multicluster-dns/multicluster-dns/controller/mcs"
	"github.com/multicluster-dns/multicluster-dns/controller/membership"
)

// identity is who this cluster is.
type identity struct {
	// id is the cluster's id in the clusterset.
	id mcs.ClusterID
	// uid is that of its kube-system namespace, which no other cluster has.
	uid string
}

// identify reads once who this cluster is. An API server that does not answer is an error that waiting may mend; an id that is
// missing, invalid or stated twice and differently is one that somebody must.
func identify(ctx context.Context, reader client.Reader, o options) (identity, error) {
	uid, err := membership.ReadKubeSystemUID(ctx, reader)
	if err != nil {
		return identity{}, err
	}
	property, err := membership.ReadStatement(ctx, reader, membership.PropertyClusterID)
	if err != nil {
		return identity{}, err
	}
	claims := membership.Claims{Flag: o.clusterID, Property: property}
	if o.useKubeSystemUID {
		claims.KubeSystemUID = uid
	}
	id, _, err := membership.Identify(claims)
	switch {
	case errors.Is(err, membership.ErrNoIdentity):
		return identity{}, &permanentError{fmt.Errorf("%w; set --cluster-id", err)}
	case err != nil:
		return identity{}, &permanentError{fmt.Errorf("%w; make --cluster-id and the ClusterProperty say the same valid id", err)}
	}
	return identity{id: id, uid: uid}, nil
}
