package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/multicluster-dns/multicluster-dns/test/lab"
)

// snapshotPatience is how long a running server may take to write its snapshot.
const snapshotPatience = 90 * time.Second

// measureWarmStart stops the API server and starts the compared servers: ours with the snapshot that it wrote before.
func (b *bench) measureWarmStart(ctx context.Context, set *setReport) error {
	written, err := b.writeSnapshot(ctx)
	if err != nil {
		return err
	}
	set.Outage = &outageReport{WatchedFor: b.options.outage.String(), SnapshotBytes: written}
	if written == 0 {
		b.say("no snapshot was written within %s", snapshotPatience)
	}
	if err := b.cluster.StopComponent(ctx, lab.APIServer); err != nil {
		return err
	}
	for _, software := range []software{oursWithSnapshot, inTree} {
		start, err := b.startInOutage(ctx, software)
		if err != nil {
			return err
		}
		set.Outage.Starts = append(set.Outage.Starts, outageStart{Software: software.id, watchedStart: start})
	}
	return nil // the API server is not needed any more
}

// writeSnapshot lets our server write its snapshot and ends it. It returns the size of the file, 0 for none.
func (b *bench) writeSnapshot(ctx context.Context) (int64, error) {
	s, err := b.serve(ctx, oursWithSnapshot, b.cluster.AdminKubeconfig())
	if err != nil {
		return 0, err
	}
	defer s.stop()
	if _, err := b.untilRight(ctx, s, startPatience); err != nil {
		return 0, err
	}
	file := filepath.Join(b.dir, "snapshot")
	for deadline := time.Now().Add(snapshotPatience); time.Now().Before(deadline); {
		info, err := os.Stat(file)
		if err == nil {
			return info.Size(), nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return 0, err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func (b *bench) startInOutage(ctx context.Context, software software) (watchedStart, error) {
	s, err := b.serve(ctx, software, b.cluster.AdminKubeconfig())
	if err != nil {
		return watchedStart{}, fmt.Errorf("starting %s without an API server: %w", software.title, err)
	}
	defer s.stop()
	return b.untilRight(ctx, s, b.options.outage)
}
