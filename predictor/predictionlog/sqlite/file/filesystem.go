package file

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// networkFileSystems are the types, as statfs(2) numbers them, of file systems
// that other machines can write.
var networkFileSystems = map[int64]string{
	unix.NFS_SUPER_MAGIC:  "NFS",
	unix.SMB_SUPER_MAGIC:  "SMB",
	unix.CIFS_SUPER_MAGIC: "CIFS",
	unix.SMB2_SUPER_MAGIC: "SMB2",
	unix.AFS_SUPER_MAGIC:  "AFS",
	unix.AFS_FS_MAGIC:     "AFS",
	unix.CODA_SUPER_MAGIC: "Coda",
	unix.CEPH_SUPER_MAGIC: "Ceph",
	0x564c:                "NCP",
}

// networkFUSE are the names, after "fuse.", of user-space file systems that
// other machines can write, or that stand for an object store.
var networkFUSE = []string{
	"sshfs", "s3fs", "goofys", "gcsfuse", "rclone", "davfs", "curlftpfs", "glusterfs", "ceph", "ceph-fuse",
	"blobfuse", "blobfuse2", "mount-s3", "mountpoint-s3", "juicefs", "seaweedfs", "cifs", "smbnetfs", "nfs", "moosefs", "mfs", "lizardfs",
}

// refuseNetwork returns an error when the directory of path is on a network file
// system: SQLite's locks and the shared memory of its write-ahead log hold
// within one machine only, and rows would be lost without a word.
func RefuseNetwork(path string) error {
	directory := filepath.Dir(path)
	var stat unix.Statfs_t
	if err := unix.Statfs(directory, &stat); err != nil {
		return fmt.Errorf("look at the file system of %s: %w", directory, err)
	}
	kind := ""
	if int64(stat.Type) == unix.FUSE_SUPER_MAGIC {
		var at unix.Stat_t
		if err := unix.Stat(directory, &at); err != nil {
			return fmt.Errorf("look at the file system of %s: %w", directory, err)
		}
		mounts, err := os.Open("/proc/self/mountinfo")
		if err != nil {
			return fmt.Errorf("look at the file system of %s: %w", directory, err)
		}
		defer func() { _ = mounts.Close() }() // it was only read
		device := fmt.Sprintf("%d:%d", unix.Major(uint64(at.Dev)), unix.Minor(uint64(at.Dev)))
		if kind, err = mountedAs(mounts, device); err != nil {
			return fmt.Errorf("look at the file system of %s: %w", directory, err)
		}
	}
	if name, network := networkFileSystem(int64(stat.Type), kind); network {
		return fmt.Errorf("prediction log %s is on %s, a network file system, where SQLite's locks and shared memory do not hold: put it on a local disk", path, name)
	}
	return nil
}

// networkFileSystem says whether a file system is one of a network, and its
// name. kind is its name in mountinfo, wanted for user-space file systems only.
func networkFileSystem(magic int64, kind string) (name string, network bool) {
	if name, network = networkFileSystems[magic]; network {
		return name, true
	}
	return kind, slices.Contains(networkFUSE, strings.TrimPrefix(kind, "fuse."))
}

// mountedAs returns the type of the file system on a device ("0:45") by a
// process's mountinfo, empty when it is not listed. See proc_pid_mountinfo(5).
func mountedAs(mountinfo io.Reader, device string) (string, error) {
	lines := bufio.NewScanner(mountinfo)
	for lines.Scan() {
		before, after, found := strings.Cut(lines.Text(), " - ")
		mount, system := strings.Fields(before), strings.Fields(after)
		if found && len(mount) > 2 && len(system) > 0 && mount[2] == device {
			return system[0], nil
		}
	}
	return "", lines.Err()
}
