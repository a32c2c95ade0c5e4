#!/bin/sh
# Becomes one container, in the mount, process and host name namespaces that `unshare` made:
#
#   container.sh POD UID GID HOSTNAME -- ARGUMENTS OF THE ENTRY POINT
#
# POD is a folder. Its file `image` has a line "source<TAB>target" for each folder or file of the image, and its file
# `mounts` a line "source<TAB>target<TAB>ro|rw" for each volume. The container sees these, /usr and /etc of the
# machine, and nothing else of the machine.
set -eu
pod=$1 uid=$2 gid=$3 name=$4
shift 5
tab=$(printf '\t')

# bind SOURCE TARGET ro|rw: TARGET is relative to the container's root.
bind() {
  if [ -d "$1" ]; then mkdir -p "$2"; elif ! [ -e "$2" ]; then mkdir -p "${2%/*}" && touch "$2"; fi
  mount --bind "$1" "$2"
  [ "$3" = rw ] || mount -o remount,ro,bind "$2"
}

mount -t tmpfs -o mode=755,size=64m none "$pod/root"
cd "$pod/root"
for folder in usr etc; do bind "/$folder" "./$folder" ro; done
for folder in bin sbin lib lib64; do
  if [ -h "/$folder" ]; then cp -P "/$folder" "./$folder"; elif [ -d "/$folder" ]; then bind "/$folder" "./$folder" ro; fi
done
for file in passwd hosts hostname; do bind "$pod/etc/$file" "./etc/$file" rw; done
mkdir proc dev
mount -t proc proc proc
mount --rbind /dev dev
while IFS=$tab read -r source target; do bind "$source" ".$target" ro; done <"$pod/image"
# The container's own layer.
bind "$pod/tmp" ./tmp rw
bind "$pod/work-dir" ./opt/spark/work-dir rw
while IFS=$tab read -r source target mode; do bind "$source" ".$target" "$mode"; done <"$pod/mounts"
hostname "$name"
mkdir old
pivot_root . old
cd /opt/spark/work-dir
umount -l /old
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs /bin/bash /opt/entrypoint.sh "$@"
