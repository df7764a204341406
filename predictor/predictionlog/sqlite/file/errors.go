package file

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/sys/unix"
)

// What can be wrong with a log. Every error of this package that comes from the
// file wraps one of these, in a sentence that says what to do.
var (
	// ErrMissing says that there is no file.
	ErrMissing = errors.New("does not exist")
	// ErrEmpty says that the file holds no tables yet.
	ErrEmpty = errors.New("is empty")
	// ErrNotLog says that the file is something else.
	ErrNotLog = errors.New("is not a prediction log")
	// ErrSchemaVersion says that another release made the log.
	ErrSchemaVersion = errors.New("has another schema version")
	// ErrLocked says that another process holds the log for too long.
	ErrLocked = errors.New("is locked")
	// ErrTruncated says that the end of the file is gone.
	ErrTruncated = errors.New("is truncated")
	// ErrCorrupt says that a page of the file is damaged.
	ErrCorrupt = errors.New("is damaged")
	// ErrReplaced says that another file took the log's place while it was used.
	ErrReplaced = errors.New("was replaced")
	// ErrPermission says that this user may not use the file.
	ErrPermission = errors.New("is not accessible")
	// ErrDirectory says that SQLite's side files are missing and cannot be made.
	ErrDirectory = errors.New("cannot be opened in a directory that is not writable")
	// ErrFull says that the disk or a quota is full.
	ErrFull = errors.New("cannot grow")
	// ErrHeld says that another process does with the log what only one may do.
	ErrHeld = errors.New("is in use")
	// ErrReadOnly says that the file or its file system cannot be written.
	ErrReadOnly = errors.New("is read-only")
)

// noRoom are the errors of a full disk, quota or file-size limit. SQLite reports them with
// the code of a broken disk.
var noRoom = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}

const adviceFull = "make room on its disk, or raise the quota or the limit on the size of files"

// explained are all errors of this package: Explain does not explain them again.
var explained = []error{
	ErrMissing, ErrEmpty, ErrNotLog, ErrSchemaVersion, ErrLocked, ErrTruncated, ErrCorrupt,
	ErrReplaced, ErrPermission, ErrDirectory, ErrFull, ErrHeld, ErrReadOnly,
}

// Explain turns an error of SQLite or of the file system into a sentence about
// the log. It returns all other errors, and those explained already, as they are.
func Explain(path string, err error) error {
	say := func(what error, advice string, args ...any) error {
		return fmt.Errorf("prediction log %s %w: %s (%w)", path, what, fmt.Sprintf(advice, args...), err)
	}
	switch {
	case err == nil, slices.ContainsFunc(explained, func(one error) bool { return errors.Is(err, one) }):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("prediction log %s %w: start the predictor, or run `drift_exporter log init`; if it should be there, check the path and the volume", path, ErrMissing)
	case errors.Is(err, fs.ErrPermission):
		return say(ErrPermission, "user %d needs read access to it and to its -wal and -shm files: run as a user of its group, or change group and mode", os.Geteuid())
	}
	var problem sqlite3.Error
	if !errors.As(err, &problem) {
		return err
	}
	switch problem.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrProtocol:
		return say(ErrLocked, "another process holds a lock on it; end its transaction, or run `fuser %s` to see which", path)
	case sqlite3.ErrNotADB:
		return say(ErrNotLog, "the file is not an SQLite database; check --predictions.log")
	case sqlite3.ErrCorrupt:
		return say(ErrCorrupt, "`drift_exporter log check` reports what; restore it from a copy, or move it and its -wal and -shm files away to start a new one")
	case sqlite3.ErrFull:
		return say(ErrFull, adviceFull)
	case sqlite3.ErrIoErr:
		if slices.Contains(noRoom, problem.SystemErrno) {
			return say(ErrFull, adviceFull)
		}
		return say(ErrCorrupt, "its disk failed to read or write; check the disk and the kernel's messages")
	case sqlite3.ErrReadonly, sqlite3.ErrCantOpen, sqlite3.ErrPerm, sqlite3.ErrAuth:
		return explainAccess(path, problem, say)
	}
	return fmt.Errorf("prediction log %s: %w", path, err)
}

// explainAccess distinguishes the reasons for which SQLite could not open or
// write what it needed.
func explainAccess(path string, problem sqlite3.Error, say func(error, string, ...any) error) error {
	user, directory := os.Geteuid(), filepath.Dir(path)
	for _, side := range []string{path, path + "-wal", path + "-shm"} {
		err := unix.Faccessat(unix.AT_FDCWD, side, unix.R_OK, unix.AT_EACCESS)
		if errors.Is(err, unix.EACCES) {
			return say(ErrPermission, "user %d may not read %s: run as a user of its group, or change group and mode", user, side)
		}
	}
	_, err := os.Stat(path + "-shm")
	if errors.Is(err, fs.ErrNotExist) && unix.Faccessat(unix.AT_FDCWD, directory, unix.W_OK, unix.AT_EACCESS) != nil {
		return say(ErrDirectory, "the last process to close it removed its -wal and -shm files, and user %d may not make them in %s. "+
			"Start the predictor, which keeps them when it stops (PERSIST_WAL), or let the owner of this shared volume give the group write access to the directory", user, directory)
	}
	if problem.Code == sqlite3.ErrReadonly {
		return say(ErrReadOnly, "user %d cannot write it, its -shm file or the directory: check owner, mode and the mount's options", user)
	}
	return say(ErrPermission, "user %d cannot open it or its -wal and -shm files: check owner, mode and the mount", user)
}
