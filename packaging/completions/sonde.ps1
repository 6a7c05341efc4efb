# PowerShell completion for sonde; made by: sonde --completions powershell
# Load it from the profile: . C:\path\to\sonde-completion.ps1
Register-ArgumentCompleter -Native -CommandName sonde, sonde.exe -ScriptBlock {
  param($word, $line, $position)
  $modes = @(
    , @('ping', 'echo probes to hosts (the default)')
    , @('trace', 'the route to a host')
    , @('sweep', 'which of many hosts answer')
    , @('help', 'help on a mode')
  )
  $options = @{
    'ping' = @(
      , @('--count', 'send N probes to each target, then stop')
      , @('-c', 'send N probes to each target, then stop')
      , @('--endless', 'send until stopped, with a machine format too')
      , @('--size', 'bytes of payload behind the ICMP header')
      , @('-s', 'bytes of payload behind the ICMP header')
      , @('--pattern', 'fill the payload with these 1 to 16 bytes, repeated')
      , @('-p', 'fill the payload with these 1 to 16 bytes, repeated')
      , @('--random-payload', 'fill the payload with random bytes')
      , @('--one-reply', 'stop a target at its first reply')
      , @('-o', 'stop a target at its first reply')
      , @('--until-replies', 'stop a target at its Nth reply; errors do not end the wait')
      , @('--protocol', 'what to probe with; in this version icmp only')
      , @('-P', 'what to probe with; in this version icmp only')
      , @('--interval', 'time from one probe to the next; only for root or to loopback targets: below 2ms to a host (of its copies together), below 1s to multicast or with -b')
      , @('-i', 'time from one probe to the next; only for root or to loopback targets: below 2ms to a host (of its copies together), below 1s to multicast or with -b')
      , @('--timeout', 'time to wait for a reply; one that comes later is shown as late')
      , @('-W', 'time to wait for a reply; one that comes later is shown as late')
      , @('--deadline', 'end the whole run after this time')
      , @('-w', 'end the whole run after this time')
      , @('--flood', 'send as soon as a reply is back, at least 100 probes a second; with -i, at that interval')
      , @('-f', 'send as soon as a reply is back, at least 100 probes a second; with -i, at that interval')
      , @('--adaptive', 'send as soon as a reply is back, at least one probe an interval; to multicast or with -b only for root')
      , @('-A', 'send as soon as a reply is back, at least one probe an interval; to multicast or with -b only for root')
      , @('--preload', 'send N probes at once at the start; more than 3 only for root or to loopback targets')
      , @('-l', 'send N probes at once at the start; more than 3 only for root or to loopback targets')
      , @('--ttl', 'time to live (hop limit), 1 to 255')
      , @('-t', 'time to live (hop limit), 1 to 255')
      , @('--tos', 'type of service (traffic class) as 0 to 255, 0x.., or a DSCP name such as ef, af41, cs5')
      , @('-Q', 'type of service (traffic class) as 0 to 255, 0x.., or a DSCP name such as ef, af41, cs5')
      , @('--dscp', 'only the DSCP, 0 to 63 or a name')
      , @('--ecn', 'only the ECN bits, 0 to 3, or not-ect, ect0, ect1, ce')
      , @('--pmtu', 'path MTU discovery: do (always DF), want, probe (DF, ignore the known MTU), dont')
      , @('-M', 'path MTU discovery: do (always DF), want, probe (DF, ignore the known MTU), dont')
      , @('--df', 'do not fragment: the same as -M do')
      , @('--flow-label', 'IPv6 flow label, 0 to 0xfffff')
      , @('-F', 'IPv6 flow label, 0 to 0xfffff')
      , @('--record-route', 'ask routers to record the route (IPv4 option), 1 to 9 of them')
      , @('-R', 'ask routers to record the route (IPv4 option), 1 to 9 of them')
      , @('--timestamp-option', 'ask routers for time stamps (IPv4 option): tsonly or tsandaddr, with :N for N hops')
      , @('-T', 'ask routers for time stamps (IPv4 option): tsonly or tsandaddr, with :N for N hops')
      , @('--icmp-id', 'identifier in the ICMP header, 0 to 65535')
      , @('-e', 'identifier in the ICMP header, 0 to 65535')
      , @('--ipv4', 'use IPv4 only')
      , @('-4', 'use IPv4 only')
      , @('--ipv6', 'use IPv6 only')
      , @('-6', 'use IPv6 only')
      , @('--source', 'source address of the probes')
      , @('-S', 'source address of the probes')
      , @('--interface', 'send through this interface or VRF, or from this address')
      , @('-I', 'send through this interface or VRF, or from this address')
      , @('--broadcast', 'allow broadcast addresses as targets')
      , @('-b', 'allow broadcast addresses as targets')
      , @('--no-multicast-loop', 'do not hear our own multicast probes')
      , @('-L', 'do not hear our own multicast probes')
      , @('--bypass-routing', 'only to hosts on an attached network')
      , @('-r', 'only to hosts on an attached network')
      , @('--mark', 'mark packets for policy routing; needs CAP_NET_ADMIN or CAP_NET_RAW')
      , @('-m', 'mark packets for policy routing; needs CAP_NET_ADMIN or CAP_NET_RAW')
      , @('--transport', 'kind of socket: auto, dgram (no privilege) or raw')
      , @('--quiet', 'only the first line and the summary')
      , @('-q', 'only the first line and the summary')
      , @('--timestamps', 'start each line with the local time, or with seconds since 1970')
      , @('-D', 'start each line with the local time, or with seconds since 1970')
      , @('--numeric', 'show addresses, not names')
      , @('-n', 'show addresses, not names')
      , @('--resolve', 'show the names of responders; never delays a probe')
      , @('-H', 'show the names of responders; never delays a probe')
      , @('--bell', 'ring the terminal''s bell at each reply')
      , @('-a', 'ring the terminal''s bell at each reply')
      , @('--stats', 'more in the summary: percentiles, jitter, or both with a comma')
      , @('--clock', 'what the RTT is measured with: the kernel''s stamps, the hardware''s (both of the network interface that -I names), or steady, the program''s own clock')
      , @('--json', 'one JSON document at the end')
      , @('-j', 'one JSON document at the end')
      , @('--ndjson', 'one JSON object a line, as it happens')
      , @('-J', 'one JSON object a line, as it happens')
      , @('--format', 'text, json or ndjson')
      , @('--output', 'write the machine format to FILE, the text to standard output')
      , @('--color', 'auto, always or never; NO_COLOR is respected')
      , @('--verbose', 'tell on standard error how things are done')
      , @('-v', 'tell on standard error how things are done')
      , @('--help', 'this text')
      , @('-h', 'this text')
      , @('--version', 'name and version')
      , @('-V', 'name and version')
      , @('--print-schema', 'the JSON Schema of --json')
      , @('--completions', 'print a completion script for bash, zsh, fish or powershell')
      , @('--sticky-source', 'keep the source address, as -S and -I with an address always do')
      , @('-B', 'keep the source address, as -S and -I with an address always do')
      , @('--outstanding', 'report probes that were not answered in time')
      , @('-O', 'report probes that were not answered in time')
      , @('--user-latency', 'measure from user to user; sonde uses the kernel''s stamps where it can')
      , @('-U', 'measure from user to user; sonde uses the kernel''s stamps where it can')
      , @('--debug', 'debugging on the socket')
      , @('-d', 'debugging on the socket')
    )
    'trace' = @(
      , @('--protocol', 'what to probe with: icmp, udp or tcp (SYN)')
      , @('-P', 'what to probe with: icmp, udp or tcp (SYN)')
      , @('--port', 'destination port of udp and tcp probes')
      , @('-p', 'destination port of udp and tcp probes')
      , @('--queries', 'probes to each hop, and flow')
      , @('-q', 'probes to each hop, and flow')
      , @('--first-ttl', 'begin with this TTL (hop limit)')
      , @('-f', 'begin with this TTL (hop limit)')
      , @('--max-ttl', 'end with this TTL at the latest')
      , @('-m', 'end with this TTL at the latest')
      , @('--gap', 'end behind N silent hops in a row; 0: only at the last TTL')
      , @('--size', 'bytes of payload behind the ICMP or UDP header')
      , @('-s', 'bytes of payload behind the ICMP or UDP header')
      , @('--paris', 'all probes look alike to load balancers, and take one path')
      , @('--classic', 'each probe has a port (or checksum) of its own, as traceroute has it')
      , @('--flows', 'probe with N flows, to see the paths beside one another')
      , @('--dublin', 'the same as --flows 16')
      , @('--mtu', 'find the path MTU, hop by hop')
      , @('--timeout', 'time to wait for an answer')
      , @('-W', 'time to wait for an answer')
      , @('--parallel', 'probes out at a time, at most')
      , @('-N', 'probes out at a time, at most')
      , @('--rate', 'probes a second; above 1000 only for root or to loopback targets')
      , @('--deadline', 'end the whole run after this time')
      , @('-w', 'end the whole run after this time')
      , @('--tos', 'type of service (traffic class) as 0 to 255, 0x.., or a DSCP name such as ef, af41, cs5')
      , @('-Q', 'type of service (traffic class) as 0 to 255, 0x.., or a DSCP name such as ef, af41, cs5')
      , @('--dscp', 'only the DSCP, 0 to 63 or a name')
      , @('--ecn', 'only the ECN bits, 0 to 3, or not-ect, ect0, ect1, ce')
      , @('--pmtu', 'path MTU discovery: do (always DF), want, probe (DF, ignore the known MTU), dont')
      , @('-M', 'path MTU discovery: do (always DF), want, probe (DF, ignore the known MTU), dont')
      , @('--df', 'do not fragment: the same as -M do')
      , @('--flow-label', 'IPv6 flow label, 0 to 0xfffff')
      , @('-F', 'IPv6 flow label, 0 to 0xfffff')
      , @('--ipv4', 'use IPv4 only')
      , @('-4', 'use IPv4 only')
      , @('--ipv6', 'use IPv6 only')
      , @('-6', 'use IPv6 only')
      , @('--source', 'source address of the probes')
      , @('-S', 'source address of the probes')
      , @('--interface', 'send through this interface or VRF, or from this address')
      , @('-I', 'send through this interface or VRF, or from this address')
      , @('--mark', 'mark packets for policy routing; needs CAP_NET_ADMIN or CAP_NET_RAW')
      , @('--transport', 'kind of socket: auto, dgram (no privilege) or raw')
      , @('--timestamps', 'start each line with the local time, or with seconds since 1970')
      , @('-D', 'start each line with the local time, or with seconds since 1970')
      , @('--numeric', 'show addresses, not names')
      , @('-n', 'show addresses, not names')
      , @('--extensions', 'show all that answers carry: interfaces, unknown objects; MPLS labels are always shown')
      , @('-e', 'show all that answers carry: interfaces, unknown objects; MPLS labels are always shown')
      , @('--back', 'estimate the length of the way back, and show it where it differs')
      , @('--json', 'one JSON document at the end')
      , @('-j', 'one JSON document at the end')
      , @('--ndjson', 'one JSON object a line, as it happens')
      , @('-J', 'one JSON object a line, as it happens')
      , @('--format', 'text, json or ndjson')
      , @('--output', 'write the machine format to FILE, the text to standard output')
      , @('--color', 'auto, always or never; NO_COLOR is respected')
      , @('--verbose', 'tell on standard error how things are done')
      , @('-v', 'tell on standard error how things are done')
      , @('--help', 'this text')
      , @('-h', 'this text')
      , @('--version', 'name and version')
      , @('-V', 'name and version')
      , @('--print-schema', 'the JSON Schema of --json')
      , @('--completions', 'print a completion script for bash, zsh, fish or powershell')
    )
    'sweep' = @(
      , @('--count', 'send N probes to each target, an interval apart, and show each')
      , @('-c', 'send N probes to each target, an interval apart, and show each')
      , @('--vcount', 'the same as -c; the summary has the time of each probe')
      , @('-C', 'the same as -c; the summary has the time of each probe')
      , @('--loop', 'probe every target at the interval until stopped')
      , @('-l', 'probe every target at the interval until stopped')
      , @('--retry', 'send up to N more probes to a target that does not answer')
      , @('-r', 'send up to N more probes to a target that does not answer')
      , @('--backoff', 'wait this much longer for the answer to each retry')
      , @('-B', 'wait this much longer for the answer to each retry')
      , @('--min-reachable', 'pass if at least N targets answer')
      , @('-x', 'pass if at least N targets answer')
      , @('--order', 'sequential, or random, or random:SEED for the same order again')
      , @('--shard', 'the Ith of N parts: the parts of N computers are everything, once')
      , @('--size', 'bytes of payload behind the ICMP header')
      , @('-s', 'bytes of payload behind the ICMP header')
      , @('--pattern', 'fill the payload with these 1 to 16 bytes, repeated')
      , @('-p', 'fill the payload with these 1 to 16 bytes, repeated')
      , @('--random-payload', 'fill the payload with random bytes')
      , @('--protocol', 'what to probe with; in this version icmp only')
      , @('-P', 'what to probe with; in this version icmp only')
      , @('--rate', 'probes a second in all; max: as fast as they can be sent')
      , @('--interval', 'with -c, -C and -l: time between two probes to a target')
      , @('-i', 'with -c, -C and -l: time between two probes to a target')
      , @('--timeout', 'time to wait for a reply; one that comes later is late')
      , @('-W', 'time to wait for a reply; one that comes later is late')
      , @('--deadline', 'end the whole run after this time')
      , @('-w', 'end the whole run after this time')
      , @('--ttl', 'time to live (hop limit), 1 to 255')
      , @('-t', 'time to live (hop limit), 1 to 255')
      , @('--tos', 'type of service (traffic class) as 0 to 255, 0x.., or a DSCP name such as ef, af41, cs5')
      , @('-Q', 'type of service (traffic class) as 0 to 255, 0x.., or a DSCP name such as ef, af41, cs5')
      , @('--dscp', 'only the DSCP, 0 to 63 or a name')
      , @('--ecn', 'only the ECN bits, 0 to 3, or not-ect, ect0, ect1, ce')
      , @('--pmtu', 'path MTU discovery: do (always DF), want, probe (DF, ignore the known MTU), dont')
      , @('-M', 'path MTU discovery: do (always DF), want, probe (DF, ignore the known MTU), dont')
      , @('--df', 'do not fragment: the same as -M do')
      , @('--flow-label', 'IPv6 flow label, 0 to 0xfffff')
      , @('-F', 'IPv6 flow label, 0 to 0xfffff')
      , @('--ipv4', 'use IPv4 only')
      , @('-4', 'use IPv4 only')
      , @('--ipv6', 'use IPv6 only')
      , @('-6', 'use IPv6 only')
      , @('--source', 'source address of the probes')
      , @('-S', 'source address of the probes')
      , @('--interface', 'send through this interface or VRF, or from this address')
      , @('-I', 'send through this interface or VRF, or from this address')
      , @('--file', 'read targets from FILE, one a line; - is standard input')
      , @('-f', 'read targets from FILE, one a line; - is standard input')
      , @('--generate', 'two addresses are the first and the last of a range')
      , @('-g', 'two addresses are the first and the last of a range')
      , @('--allow', 'what is refused otherwise, with commas: many (over 65536 targets), fast (over 10000 a second), multicast, zero (0.0.0.0/8)')
      , @('--broadcast', 'allow broadcast addresses as targets')
      , @('-b', 'allow broadcast addresses as targets')
      , @('--mark', 'mark packets for policy routing; needs CAP_NET_ADMIN or CAP_NET_RAW')
      , @('-m', 'mark packets for policy routing; needs CAP_NET_ADMIN or CAP_NET_RAW')
      , @('--transport', 'kind of socket: auto, dgram (no privilege) or raw')
      , @('--alive', 'only the targets that answer')
      , @('-a', 'only the targets that answer')
      , @('--unreachable', 'only the targets that do not answer')
      , @('-u', 'only the targets that do not answer')
      , @('--elapsed', 'the round-trip time with each answer')
      , @('-e', 'the round-trip time with each answer')
      , @('--quiet', 'only the summary of each target')
      , @('-q', 'only the summary of each target')
      , @('--summary-every', 'the summary of the last DUR, again and again; with -c, -C and -l')
      , @('--stats', 'at the end, the whole run: totals, percentiles, or both with a comma')
      , @('--timestamps', 'start each line with the local time, or with seconds since 1970')
      , @('-D', 'start each line with the local time, or with seconds since 1970')
      , @('--numeric', 'show addresses, not names')
      , @('-n', 'show addresses, not names')
      , @('--resolve', 'show the names of addresses; never delays a probe')
      , @('-H', 'show the names of addresses; never delays a probe')
      , @('--json', 'one JSON document at the end')
      , @('-j', 'one JSON document at the end')
      , @('--ndjson', 'one JSON object a line, as it happens')
      , @('-J', 'one JSON object a line, as it happens')
      , @('--format', 'text, json or ndjson')
      , @('--output', 'write the machine format to FILE, the text to standard output')
      , @('--json-probes', 'each probe in the document, too; with -C always')
      , @('--color', 'auto, always or never; NO_COLOR is respected')
      , @('--verbose', 'tell on standard error how things are done')
      , @('-v', 'tell on standard error how things are done')
      , @('--resume', 'what the --ndjson of an earlier run finished is counted, not probed again')
      , @('--merge', 'probe nothing: add up the json or ndjson FILEs of shards or parts of a sweep')
      , @('--help', 'this text')
      , @('-h', 'this text')
      , @('--version', 'name and version')
      , @('-V', 'name and version')
      , @('--print-schema', 'the JSON Schema of --json')
      , @('--completions', 'print a completion script for bash, zsh, fish or powershell')
    )
  }
  $slashes = @{
    'ping' = @(
      , @('/t', 'until Ctrl-C; Ctrl-Break shows statistics')
      , @('/a', 'show names')
      , @('/n', 'send COUNT probes (no end without it)')
      , @('/l', 'bytes of payload')
      , @('/f', 'do not fragment')
      , @('/i', 'time to live')
      , @('/v', 'type of service, which Windows does not send')
      , @('/r', 'record the route for N hops, 1 to 9')
      , @('/s', 'time stamps for N hops, 1 to 4')
      , @('/w', 'time to wait for a reply, in milliseconds')
      , @('/S', 'source address')
      , @('/4', 'IPv4 only')
      , @('/6', 'IPv6 only')
      , @('/?', 'this text')
    )
    'trace' = @(
      , @('/d', 'show addresses, not names')
      , @('/h', 'the most hops, 1 to 255')
      , @('/w', 'time to wait for each answer, in milliseconds')
      , @('/S', 'source address')
      , @('/4', 'IPv4 only')
      , @('/6', 'IPv6 only')
      , @('/?', 'this text')
    )
  }
  $letters = @{
    'ping' = @(
      , @('P', 'protocol')
      , @('M', 'pmtu')
      , @('T', 'timestamp-option')
      , @('D', 'timestamps')
    )
    'trace' = @(
      , @('P', 'protocol')
      , @('M', 'pmtu')
      , @('D', 'timestamps')
    )
    'sweep' = @(
      , @('P', 'protocol')
      , @('M', 'pmtu')
      , @('D', 'timestamps')
    )
  }
  $choices = @{
    'ping' = @{
      'protocol' = 'icmp'
      'ecn' = 'not-ect ect0 ect1 ce'
      'pmtu' = 'do want probe dont'
      'timestamp-option' = 'tsonly tsandaddr'
      'transport' = 'auto dgram raw'
      'timestamps' = 'epoch'
      'stats' = 'percentiles jitter percentiles,jitter'
      'clock' = 'kernel hardware steady'
      'format' = 'text json ndjson'
      'color' = 'auto always never'
      'completions' = 'bash zsh fish powershell'
    }
    'trace' = @{
      'protocol' = 'icmp udp tcp'
      'ecn' = 'not-ect ect0 ect1 ce'
      'pmtu' = 'do want probe dont'
      'transport' = 'auto dgram raw'
      'timestamps' = 'epoch'
      'format' = 'text json ndjson'
      'color' = 'auto always never'
      'completions' = 'bash zsh fish powershell'
    }
    'sweep' = @{
      'order' = 'sequential random'
      'protocol' = 'icmp'
      'ecn' = 'not-ect ect0 ect1 ce'
      'pmtu' = 'do want probe dont'
      'allow' = 'many fast many,fast multicast zero'
      'transport' = 'auto dgram raw'
      'stats' = 'totals percentiles totals,percentiles'
      'timestamps' = 'epoch'
      'format' = 'text json ndjson'
      'color' = 'auto always never'
      'completions' = 'bash zsh fish powershell'
    }
  }
  $typed = @($line.CommandElements | ForEach-Object { $_.ToString() })
  $first = $typed.Count -eq 1 -or ($typed.Count -eq 2 -and $word -ne '')
  $mode = if ($typed.Count -gt 1 -and $options.ContainsKey($typed[1])) { $typed[1] } else { 'ping' }
  $last = if ($word -eq '') { $typed[-1] } elseif ($typed.Count -gt 1) { $typed[-2] }
  $key = "$last" -creplace '^-+', ''
  $long = $letters[$mode] | Where-Object { $_[0] -ceq $key } | ForEach-Object { $_[1] }
  if ($long) { $key = $long }
  if ("$last".StartsWith('-') -and $choices[$mode].ContainsKey($key)) {
    $choices[$mode][$key] -split ' ' | Where-Object { $_ -like "$word*" } |
      ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
    return
  }
  if ($first) {
    $modes | Where-Object { $_[0] -like "$word*" } | ForEach-Object {
      [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
    }
  }
  $offered = $options[$mode]
  if ($slashes.ContainsKey($mode) -and $IsWindows -ne $false) { $offered += $slashes[$mode] }
  $offered | Where-Object { $_[0].StartsWith($word, 'Ordinal') } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterName', $_[1])
  }
}
