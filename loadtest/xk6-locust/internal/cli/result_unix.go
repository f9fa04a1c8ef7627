//go:build unix

package cli

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// resultOf returns the path to which a child writes its result, and a function that reads the result after the child
// has ended. A pipe works without a writable directory.
func resultOf(child *exec.Cmd) (path string, read func() []byte, err error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return "", nil, fmt.Errorf("cannot create a pipe: %w", err)
	}
	child.ExtraFiles = append(child.ExtraFiles, writer)
	written := make(chan []byte, 1)
	go func() {
		text, _ := io.ReadAll(reader)
		_ = reader.Close()
		written <- text
		close(written)
	}()
	// The descriptors of a child are 0, 1, 2, and then its extra files.
	path = fmt.Sprintf("/dev/fd/%d", 2+len(child.ExtraFiles))
	return path, func() []byte {
		_ = writer.Close()
		// If the child has started another process, that process may still have the pipe open.
		_ = reader.SetReadDeadline(time.Now().Add(time.Second))
		return <-written
	}, nil
}
