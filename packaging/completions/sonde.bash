# bash completion for sonde; made by: sonde --completions bash
_sonde() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local modes="ping trace sweep help" options=
  COMPREPLY=()
  if [[ $before == "=" ]]; then
    before=${COMP_WORDS[COMP_CWORD-2]}
  elif [[ $word == "=" ]]; then
    before=${COMP_WORDS[COMP_CWORD-1]} word=
  fi
  case ${COMP_WORDS[1]} in
    sweep)
      options="--count --vcount --loop --retry --backoff --min-reachable --order --shard --size --pattern --random-payload --protocol --rate --interval --timeout --deadline --ttl --tos --dscp --ecn --pmtu --df --flow-label --ipv4 --ipv6 --source --interface --file --generate --allow --broadcast --mark --transport --alive --unreachable --elapsed --quiet --summary-every --stats --timestamps --numeric --resolve --json --ndjson --format --output --json-probes --color --verbose --resume --merge --help --version --print-schema --completions"
      case $before in
        --order)
          mapfile -t COMPREPLY < <(compgen -W "sequential random" -- "$word")
          return ;;
        -P|--protocol)
          mapfile -t COMPREPLY < <(compgen -W "icmp" -- "$word")
          return ;;
        --ecn)
          mapfile -t COMPREPLY < <(compgen -W "not-ect ect0 ect1 ce" -- "$word")
          return ;;
        -M|--pmtu)
          mapfile -t COMPREPLY < <(compgen -W "do want probe dont" -- "$word")
          return ;;
        -I|--interface)
          mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net 2>/dev/null)" -- "$word")
          return ;;
        -f|--file)
          mapfile -t COMPREPLY < <(compgen -f -- "$word")
          return ;;
        --allow)
          mapfile -t COMPREPLY < <(compgen -W "many fast many,fast multicast zero" -- "$word")
          return ;;
        --transport)
          mapfile -t COMPREPLY < <(compgen -W "auto dgram raw" -- "$word")
          return ;;
        --stats)
          mapfile -t COMPREPLY < <(compgen -W "totals percentiles totals,percentiles" -- "$word")
          return ;;
        --format)
          mapfile -t COMPREPLY < <(compgen -W "text json ndjson" -- "$word")
          return ;;
        --output)
          mapfile -t COMPREPLY < <(compgen -f -- "$word")
          return ;;
        --color)
          mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$word")
          return ;;
        --resume)
          mapfile -t COMPREPLY < <(compgen -f -- "$word")
          return ;;
        --completions)
          mapfile -t COMPREPLY < <(compgen -W "bash zsh fish powershell" -- "$word")
          return ;;
        -c|--count|-C|--vcount|-r|--retry|-B|--backoff|-x|--min-reachable|--shard|-s|--size|-p|--pattern|--rate|-i|--interval|-W|--timeout|-w|--deadline|-t|--ttl|-Q|--tos|--dscp|-F|--flow-label|-S|--source|-m|--mark|--summary-every)
          return ;;
      esac ;;
    trace)
      options="--protocol --port --queries --first-ttl --max-ttl --gap --size --paris --classic --flows --dublin --mtu --timeout --parallel --rate --deadline --tos --dscp --ecn --pmtu --df --flow-label --ipv4 --ipv6 --source --interface --mark --transport --timestamps --numeric --extensions --back --json --ndjson --format --output --color --verbose --help --version --print-schema --completions"
      case $before in
        -P|--protocol)
          mapfile -t COMPREPLY < <(compgen -W "icmp udp tcp" -- "$word")
          return ;;
        --ecn)
          mapfile -t COMPREPLY < <(compgen -W "not-ect ect0 ect1 ce" -- "$word")
          return ;;
        -M|--pmtu)
          mapfile -t COMPREPLY < <(compgen -W "do want probe dont" -- "$word")
          return ;;
        -I|--interface)
          mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net 2>/dev/null)" -- "$word")
          return ;;
        --transport)
          mapfile -t COMPREPLY < <(compgen -W "auto dgram raw" -- "$word")
          return ;;
        --format)
          mapfile -t COMPREPLY < <(compgen -W "text json ndjson" -- "$word")
          return ;;
        --output)
          mapfile -t COMPREPLY < <(compgen -f -- "$word")
          return ;;
        --color)
          mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$word")
          return ;;
        --completions)
          mapfile -t COMPREPLY < <(compgen -W "bash zsh fish powershell" -- "$word")
          return ;;
        -p|--port|-q|--queries|-f|--first-ttl|-m|--max-ttl|--gap|-s|--size|--flows|-W|--timeout|-N|--parallel|--rate|-w|--deadline|-Q|--tos|--dscp|-F|--flow-label|-S|--source|--mark)
          return ;;
      esac ;;
    *)
      options="--count --endless --size --pattern --random-payload --one-reply --until-replies --protocol --interval --timeout --deadline --flood --adaptive --preload --ttl --tos --dscp --ecn --pmtu --df --flow-label --record-route --timestamp-option --icmp-id --ipv4 --ipv6 --source --interface --broadcast --no-multicast-loop --bypass-routing --mark --transport --quiet --timestamps --numeric --resolve --bell --stats --clock --json --ndjson --format --output --color --verbose --help --version --print-schema --completions --sticky-source --outstanding --user-latency --debug"
      case $before in
        -P|--protocol)
          mapfile -t COMPREPLY < <(compgen -W "icmp" -- "$word")
          return ;;
        --ecn)
          mapfile -t COMPREPLY < <(compgen -W "not-ect ect0 ect1 ce" -- "$word")
          return ;;
        -M|--pmtu)
          mapfile -t COMPREPLY < <(compgen -W "do want probe dont" -- "$word")
          return ;;
        -T|--timestamp-option)
          mapfile -t COMPREPLY < <(compgen -W "tsonly tsandaddr" -- "$word")
          return ;;
        -I|--interface)
          mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net 2>/dev/null)" -- "$word")
          return ;;
        --transport)
          mapfile -t COMPREPLY < <(compgen -W "auto dgram raw" -- "$word")
          return ;;
        --stats)
          mapfile -t COMPREPLY < <(compgen -W "percentiles jitter percentiles,jitter" -- "$word")
          return ;;
        --clock)
          mapfile -t COMPREPLY < <(compgen -W "kernel hardware steady" -- "$word")
          return ;;
        --format)
          mapfile -t COMPREPLY < <(compgen -W "text json ndjson" -- "$word")
          return ;;
        --output)
          mapfile -t COMPREPLY < <(compgen -f -- "$word")
          return ;;
        --color)
          mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$word")
          return ;;
        --completions)
          mapfile -t COMPREPLY < <(compgen -W "bash zsh fish powershell" -- "$word")
          return ;;
        -c|--count|-s|--size|-p|--pattern|--until-replies|-i|--interval|-W|--timeout|-w|--deadline|-l|--preload|-t|--ttl|-Q|--tos|--dscp|-F|--flow-label|-e|--icmp-id|-S|--source|-m|--mark)
          return ;;
      esac ;;
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
  else
    local words=
    ((COMP_CWORD == 1)) && words="$modes"
    mapfile -t COMPREPLY < <(compgen -W "$words" -A hostname -- "$word")
  fi
}
complete -F _sonde sonde
