#!/usr/bin/env bash
# Runs a command on two machines that are network namespaces of this one, so that what ranks exchange crosses a network that can be
# slowed down and cut. Needs root (ip netns, tc). The launcher reaches the second machine by an agent in place of ssh.
#
#   test/base/mpi/two-hosts.sh openmpi|mpich [--rate 1gbit] [--delay 1ms] [--cut SECONDS] RANKS COMMAND...
#
# --cut takes the network away after so many seconds. What each direction carried, in bytes, is said at the end.
set -euo pipefail

library=$1 && shift
rate='' delay='' cut=''
while [[ $1 == --* ]]; do
  case $1 in
    --rate) rate=$2 ;;
    --delay) delay=$2 ;;
    --cut) cut=$2 ;;
    *) echo "two-hosts: got $1, expected --rate, --delay or --cut" >&2 && exit 2 ;;
  esac
  shift 2
done
ranks=$1 && shift

id=$$
network=10.$((id % 200 + 20)).$((id / 200 % 250))
hosts=("fcn-$id-0" "fcn-$id-1")
agent=$(mktemp)
clean() {
  for host in "${hosts[@]}"; do ip netns del "$host" 2>/dev/null || true; done
  rm -f "$agent"
}
trap clean EXIT

for host in "${hosts[@]}"; do ip netns add "$host"; done
ip link add veth0 netns "${hosts[0]}" type veth peer name veth0 netns "${hosts[1]}"
for i in 0 1; do
  inside=(ip netns exec "${hosts[i]}")
  "${inside[@]}" ip link set lo up
  "${inside[@]}" ip addr add "$network.$((i + 1))/24" dev veth0
  "${inside[@]}" ip link set veth0 up
  # A bucket of tokens is in more kernels than netem, which alone can delay.
  if [[ -n $delay ]]; then
    "${inside[@]}" tc qdisc add dev veth0 root netem delay "$delay" ${rate:+rate $rate} limit 100000
  elif [[ -n $rate ]]; then
    "${inside[@]}" tc qdisc add dev veth0 root tbf rate "$rate" burst 256kb latency 400ms
  fi
done

# Until both ends are up, which the kernel says a moment later, MPICH finds no network.
for host in "${hosts[@]}"; do
  for _ in {1..100}; do
    [[ $(ip netns exec "$host" cat /sys/class/net/veth0/operstate) == up ]] && break
    sleep 0.05
  done
done

# As ssh: [OPTIONS] HOST COMMAND... The last number of the address says which host it is.
cat > "$agent" <<AGENT
#!/usr/bin/env bash
while [[ \$1 == -* ]]; do shift; done
address=\$1 && shift
host=fcn-$id-\$((\${address##*.} - 1))
exec ip netns exec "\$host" unshare -u bash -c 'hostname "\$0"; eval "\$@"' "\$host" "\$*"
AGENT
chmod +x "$agent"

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
list=$network.1,$network.2
case $library in
  openmpi)
    mpirun=(mpirun.openmpi --oversubscribe --bind-to none -H "$network.1:$ranks,$network.2:$ranks" --map-by node
      --mca plm_rsh_agent "$agent" --mca btl tcp,self --mca pml ob1
      --mca btl_tcp_if_include "$network.0/24" --mca oob_tcp_if_include "$network.0/24") ;;
  mpich)
    # Without shared memory, which does not end at a namespace.
    export UCX_TLS=tcp,self UCX_NET_DEVICES=veth0
    mpirun=(mpirun.mpich -launcher ssh -launcher-exec "$agent" -hosts "$list" -ppn 1 -iface veth0) ;;
esac

if [[ -n $cut ]]; then
  (sleep "$cut"; ip netns exec "${hosts[1]}" ip link set veth0 down) &
fi
code=0
ip netns exec "${hosts[0]}" unshare -u bash -c 'hostname "$0"; exec "$@"' "${hosts[0]}" \
  "${mpirun[@]}" -n "$ranks" "$@" || code=$?
for host in "${hosts[@]}"; do
  echo "$host sent $(ip netns exec "$host" cat /sys/class/net/veth0/statistics/tx_bytes) bytes" >&2
done
exit $code
