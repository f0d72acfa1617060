package descriptor

import (
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// maxFiles bounds how many files come with one message; the kernel discards the rest.
const maxFiles = 8

// Send sends a message and files with it. The message must not be empty on a stream socket. The sender's files stay
// open.
func Send(conn *net.UnixConn, message []byte, files ...*os.File) error {
	descriptors := make([]int, len(files))
	for i, file := range files {
		descriptors[i] = int(file.Fd())
	}
	var rights []byte
	if len(files) > 0 {
		rights = unix.UnixRights(descriptors...)
	}
	if _, _, err := conn.WriteMsgUnix(message, rights, nil); err != nil {
		return fmt.Errorf("sending %d files: %w", len(files), err)
	}
	return nil
}

// Receive reads into buffer what [Send] sent, and returns how much, and the files, which are the receiver's to close and
// are not inherited by children. The end of the connection is [io.EOF].
func Receive(conn *net.UnixConn, buffer []byte) (int, []*os.File, error) {
	rights := make([]byte, unix.CmsgSpace(maxFiles*4))
	n, length, flags, _, err := conn.ReadMsgUnix(buffer, rights)
	switch {
	case err != nil:
		return 0, nil, err
	case n == 0:
		return 0, nil, io.EOF
	}
	files, err := parse(rights[:length])
	if err == nil && flags&unix.MSG_CTRUNC != 0 {
		Close(files)
		err = fmt.Errorf("receiving files: more than %d came", maxFiles)
	}
	if err != nil {
		return 0, nil, err
	}
	return n, files, nil
}

func parse(rights []byte) ([]*os.File, error) {
	messages, err := unix.ParseSocketControlMessage(rights)
	if err != nil {
		return nil, fmt.Errorf("receiving files: %w", err)
	}
	var files []*os.File
	for _, message := range messages {
		descriptors, err := unix.ParseUnixRights(&message)
		if err != nil {
			Close(files)
			return nil, fmt.Errorf("receiving files: %w", err)
		}
		for _, descriptor := range descriptors {
			unix.CloseOnExec(descriptor)
			files = append(files, os.NewFile(uintptr(descriptor), "received"))
		}
	}
	return files, nil
}

// Close closes files whose closing has nothing to report, such as ones that were only passed on.
func Close(files []*os.File) {
	for _, file := range files {
		_ = file.Close()
	}
}
