package lab

import (
	"io/fs"
	"slices"
	"testing"
)

func TestPortsOfServersAreNotThoseOfOutgoingConnections(t *testing.T) {
	for _, tc := range []struct {
		name, says string
		err        error
		want       uint16
	}{
		{"as Linux comes", "32768\t60999\n", nil, 32767},
		{"an administrator has left less to servers", "20000\t65535\n", nil, 19999},
		{"an administrator has left more to servers", "50000\t60000\n", nil, 49999},
		{"nothing is left to servers", "1024\t65535\n", nil, highestPort},
		{"no such file", "", fs.ErrNotExist, highestPort},
		{"not a number", "many\n", nil, highestPort},
		{"more than a port can be", "70000\t80000\n", nil, highestPort},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := highestServerPort(func(string) ([]byte, error) { return []byte(tc.says), tc.err }); got != tc.want {
				t.Errorf("the highest port of servers is %d, want %d", got, tc.want)
			}
		})
	}
}

func TestFreePortsAreDifferentAndFree(t *testing.T) {
	ports, err := FreePorts(20)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(ports)
	if len(slices.Compact(ports)) != 20 || ports[0] < lowestPort {
		t.Errorf("the ports are %v, want twenty different ones from %d on", ports, lowestPort)
	}
}
