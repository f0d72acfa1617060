package session

// Request asks for a program to be run. The three standard files come along with its first byte.
type Request struct {
	// Cluster is where to run it.
	Cluster string `json:"cluster"`
	// Argv is the program and its arguments.
	Argv []string `json:"argv"`
	// Env is the environment of the one who asks.
	Env []string `json:"env"`
	// Dir is the working directory of the one who asks.
	Dir string `json:"dir"`
}

// signal follows a request any number of times.
type signal struct {
	Number int `json:"signal"`
}

// result is the answer: that there is no program, or how it ended.
type result struct {
	Error  string `json:"error,omitempty"`
	Status int    `json:"status"`
}

// greeting is the one byte that carries the standard files.
const greeting = '!'

// standardFiles are standard input, output and error.
const standardFiles = 3

// maxRequest bounds a request: arguments and environment of a program fit, a stream without end does not.
const maxRequest = 4 << 20
