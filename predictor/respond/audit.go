package respond

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// audit is an audit file that is open for appending.
type audit struct {
	file     *os.File
	size     int64
	number   int64
	previous string
}

// maxEntry is the maximum size of an entry, in bytes.
const maxEntry = 4 << 20

// openAudit opens or creates the audit file at path, checks it and calls yield with each entry.
// Only one process can have it open. An incomplete last line is removed: the process was killed
// while it wrote the line, so nothing depends on it.
func openAudit(path string, yield func(*Entry)) (_ *audit, err error) {
	file, err := os.OpenFile(filepath.Clean(path), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the audit file: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, fmt.Errorf("audit file %s is in use by another process; run one responder for it", path)
	}
	a := &audit{file: file}
	if a.number, a.previous, a.size, err = readAudit(file, path, yield); err != nil {
		return nil, err
	}
	if err := file.Truncate(a.size); err != nil {
		return nil, fmt.Errorf("remove the incomplete last line of the audit file: %w", err)
	}
	return a, syncFolder(filepath.Dir(path))
}

// readAudit checks the entries of an audit file. size is the number of bytes of complete lines.
func readAudit(r io.Reader, path string, yield func(*Entry)) (number int64, previous string, size int64, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			return number, previous, size, nil
		}
		if err != nil {
			return 0, "", 0, fmt.Errorf("read the audit file: line %d: %w", number+1, err)
		}
		e, err := open(line, number+1, previous)
		if err != nil {
			return 0, "", 0, fmt.Errorf("audit file %s, line %d: %w; move the file away to begin a new one", path, number+1, err)
		}
		number, previous, size = e.Number, e.Hash, size+int64(len(line))
		yield(&e)
	}
}

// readLine returns a whole line with its end. A line without an end is the end of the file.
func readLine(in *bufio.Reader) (line []byte, err error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case len(line) > maxEntry:
			return nil, fmt.Errorf("it has more than %d bytes", maxEntry)
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// append adds an entry. When it returns nil, the entry is on the disk. After an error the file is
// as before.
func (a *audit) append(e *Entry) error {
	line, err := e.seal(a.number+1, a.previous)
	if err != nil {
		return err
	}
	if len(line) > maxEntry || bytes.IndexByte(line, '\n') != len(line)-1 {
		return fmt.Errorf("the entry has %d bytes; at most %d are allowed", len(line), maxEntry)
	}
	if _, err = a.file.Write(line); err == nil {
		err = a.file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write the audit file: %w", err), a.file.Truncate(a.size))
	}
	a.number, a.previous, a.size = e.Number, e.Hash, a.size+int64(len(line))
	return nil
}

func (a *audit) close() error { return a.file.Close() }

// syncFolder makes a new file's name last.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Clean(path))
	if err != nil {
		return fmt.Errorf("open the folder of the audit file: %w", err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Audit checks the audit file at path and writes what it found.
func Audit(path string, w io.Writer) error {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return fmt.Errorf("open the audit file: %w", err)
	}
	runs := 0
	number, last, _, err := readAudit(file, path, func(e *Entry) {
		if e.Event == eventStarted {
			runs++
		}
	})
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d entries of %d runs are intact; the last hash is %s\n", number, runs, last)
	return err
}
