package file

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNetworkFileSystemsAreRefused(t *testing.T) {
	t.Parallel()
	mountinfo := strings.Join([]string{
		"22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
		"40 22 0:45 / /mnt/remote rw,nosuid shared:9 master:2 - fuse.sshfs host:/ rw,user_id=0",
		"41 22 0:46 / /mnt/layers rw - fuse.fuse-overlayfs fuse-overlayfs rw",
		"broken", "1 2 3", "",
	}, "\n")
	for _, test := range []struct {
		magic   int64
		device  string
		name    string
		refused bool
	}{
		{unix.NFS_SUPER_MAGIC, "", "NFS", true},
		{unix.CIFS_SUPER_MAGIC, "", "CIFS", true},
		{unix.SMB2_SUPER_MAGIC, "", "SMB2", true},
		{unix.FUSE_SUPER_MAGIC, "0:45", "fuse.sshfs", true},
		{unix.FUSE_SUPER_MAGIC, "0:46", "fuse.fuse-overlayfs", false},
		{unix.FUSE_SUPER_MAGIC, "0:99", "", false},
		{unix.EXT4_SUPER_MAGIC, "", "", false},
		{unix.TMPFS_MAGIC, "", "", false},
		{unix.OVERLAYFS_SUPER_MAGIC, "", "", false},
	} {
		kind, err := mountedAs(strings.NewReader(mountinfo), test.device)
		if err != nil {
			t.Fatal(err)
		}
		name, refused := networkFileSystem(test.magic, kind)
		if name != test.name || refused != test.refused {
			t.Errorf("%+v: %q, %v", test, name, refused)
		}
	}
	if err := RefuseNetwork(filepath.Join(t.TempDir(), "predictions.db")); err != nil {
		t.Errorf("this machine's own disk: %v", err)
	}
}
