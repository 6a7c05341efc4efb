// privileges.hpp: what the process may do, and giving it up (RELIABILITY.md 5.1, steps 1 and 5).
// secure_start() first in main; drop_privileges() right after the sockets are open (the transport
// raises what it needs for that), before any name or received byte is parsed. Fit for root, setuid
// root, file capabilities and no privilege at all.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "app/exit_code.hpp"

namespace sonde::app {

// Descriptors 0 to 2 are open, no signal is blocked, and with more rights than the caller's the
// umask is strict. A stdout or stderr that was closed stays unusable, but never becomes a socket.
void secure_start() noexcept;

// It is root who called us, which a setuid program's effective user does not tell: limits of speed
// do not hold.
[[nodiscard]] bool caller_is_root() noexcept;
// More rights than the caller has (setuid, file capabilities): files are opened after drop().
[[nodiscard]] bool more_than_caller() noexcept;

// Back to the caller's user and group, no capability in any set, no new privileges, and no core
// dumps of what the caller may not read. Verified. Out: lines for -v, first what holds, then what
// failed and why: whoever calls us with rights of their own keeps them then, and gets their probes.
// Error: which step failed, one line, when rights would be left that the caller has not. Then
// nothing more may be done.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> drop_privileges();

// The last thing: the exit code for main to return. On Windows it does not return: the C library's
// farewell kills threads that may wait in the resolver or for an echo, and can then wait itself for
// a lock that one of them held. Nothing is left to do by then: every sink has been flushed.
[[nodiscard]] int end_process(ExitCode code) noexcept;

}  // namespace sonde::app
