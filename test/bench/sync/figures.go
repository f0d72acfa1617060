package main

import (
	"fmt"
	"slices"
	"time"
)

// seconds is a time that JSON has in seconds.
type seconds float64

// elapsed is the time since.
func elapsed(begun time.Time) seconds { return seconds(time.Since(begun).Seconds()) }

// figures are what was measured of one data set.
type figures struct {
	Size    size          `json:"size"`
	Cold    coldFigures   `json:"coldStart"`
	Restart restartWrites `json:"restart"`
	Pod     podFigures    `json:"podChange"`
	Idle    samples       `json:"idle"`
	Loaded  samples       `json:"underLoad"`
	// Load is how many other changes a second there were under load.
	Load    float64 `json:"otherChangesPerSecond"`
	Backlog samples `json:"duringBacklog"`
	Memory  memory  `json:"memory"`
}

// coldFigures are those of the start on an empty member.
type coldFigures struct {
	// Ready is until the controller said that it is, and Took until everything was written.
	Ready     seconds `json:"readySeconds"`
	Took      seconds `json:"seconds"`
	Objects   int     `json:"objects"`
	PerSecond float64 `json:"objectsPerSecond"`
	// MemberCPU and HubCPU are the API servers' shares of one processor meanwhile, and ControllerCPU the seconds of the controller.
	MemberCPU     float64 `json:"memberAPIServerCPU"`
	HubCPU        float64 `json:"hubAPIServerCPU"`
	ControllerCPU float64 `json:"controllerCPUSeconds"`
	// Refused is how many writes the member's API server refused as resting on a state just past: work for nothing.
	Refused int `json:"refusedWrites"`
}

// eachObject says how much processor time an object written costs, which says more than its rate where others compute beside it.
func (f coldFigures) eachObject() string {
	if f.Objects == 0 {
		return ""
	}
	server := 1000 * f.MemberCPU * float64(f.Took) / float64(f.Objects)
	controller := 1000 * f.ControllerCPU / float64(f.Objects)
	share := 0.0
	if server+controller > 0 {
		share = 100 * server / (server + controller)
	}
	return fmt.Sprintf("API server %.1f ms (%.0f %%), controller %.1f ms", server, share, controller)
}

// restartWrites are the figures of a start with everything in place.
type restartWrites struct {
	Ready        seconds        `json:"readySeconds"`
	Idle         seconds        `json:"idleSeconds"`
	MemberWrites map[string]int `json:"memberWrites"`
	HubWrites    map[string]int `json:"hubWrites"`
}

// podFigures are the writes of changes of one endpoint each.
type podFigures struct {
	Changes int `json:"changes"`
	// Own are changes in the member itself, Others of another member on the hub.
	OwnMember    map[string]int `json:"ownMemberWrites"`
	OwnHub       map[string]int `json:"ownHubWrites"`
	OthersMember map[string]int `json:"othersMemberWrites"`
	OthersHub    map[string]int `json:"othersHubWrites"`
}

// memory is what the controller holds, in octets: with all imported after a restart, and the most it ever did.
type memory struct {
	Resident      int64 `json:"resident"`
	PeakResident  int64 `json:"peakResident"`
	HeapInUse     int64 `json:"heapInUse"`
	HeapAllocated int64 `json:"heapAllocated"`
}

// samples are the times of samples, in milliseconds, in the order in which they were taken.
type samples struct {
	ExportToHub   []float64 `json:"exportToHubMilliseconds"`
	ExportFromHub []float64 `json:"exportFromHubMilliseconds"`
	Export        []float64 `json:"exportMilliseconds"`
	ChangeToHub   []float64 `json:"changeToHubMilliseconds"`
	ChangeFromHub []float64 `json:"changeFromHubMilliseconds"`
	Change        []float64 `json:"changeMilliseconds"`
}

func (s *samples) add(one sample) {
	milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	s.ExportToHub = append(s.ExportToHub, milliseconds(one.export.toHub))
	s.ExportFromHub = append(s.ExportFromHub, milliseconds(one.export.fromHub))
	s.Export = append(s.Export, milliseconds(one.export.toHub+one.export.fromHub))
	s.ChangeToHub = append(s.ChangeToHub, milliseconds(one.change.toHub))
	s.ChangeFromHub = append(s.ChangeFromHub, milliseconds(one.change.fromHub))
	s.Change = append(s.Change, milliseconds(one.change.toHub+one.change.fromHub))
}

// percentile is the smallest of the values that a share of all does not exceed, and 0 of none.
func percentile(values []float64, share float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	// The share in thousandths, so that 99 of a hundred is not a hundred by rounding.
	rank := (len(sorted)*int(share*1000) + 999) / 1000
	return sorted[max(rank, 1)-1]
}

// total is how many writes there were.
func total(writes map[string]int) int {
	n := 0
	for _, more := range writes {
		n += more
	}
	return n
}
