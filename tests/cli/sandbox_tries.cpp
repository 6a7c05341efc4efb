// sandbox_tries NEED[,NEED] [TRY]...: enters the sandbox of a run with these needs (none, names,
// tcp), then tries what a process that was taken over would try. Prints what enter_sandbox() says,
// then a line a try: its name and the error number, 0 when it was let through. Used by sandbox.py.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "app/sandbox.hpp"

namespace {

// A file of the system's log, found before the sandbox holds; else the folder.
std::string log_file() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/var/log", error)) {
    if (entry.is_regular_file(error)) {
      return entry.path();
    }
  }
  return "/var/log";
}

int told(long result) { return result < 0 ? errno : 0; }

int try_open(const char* path, int flags) {
  const int fd = ::open(path, flags | O_CLOEXEC, 0600);
  const int code = told(fd);
  if (fd >= 0) {
    ::close(fd);
  }
  return code;
}

int try_socket(int domain, int type, int protocol) {
  const int fd = ::socket(domain, type | SOCK_CLOEXEC, protocol);
  const int code = told(fd);
  if (fd >= 0) {
    ::close(fd);
  }
  return code;
}

int try_connect(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return errno;
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int code = told(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to));
  ::close(fd);
  return code;
}

int try_exec() {
  std::array<char*, 2> arguments{const_cast<char*>("/bin/true"), nullptr};
  return told(::execv("/bin/true", arguments.data()));
}

int try_fork() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(0);
  }
  return told(child);
}

int try_memory(int protection) {
  void* const page = ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? errno : 0;  // NOLINT: the system's own cast
}

int try_thread() {
  try {
    std::thread([] {}).join();
    return 0;
  } catch (const std::system_error& error) {
    return error.code().value();
  }
}

// Without stdio, which asks about its descriptor first.
void tell(const std::string& line) {
  (void)!::write(STDOUT_FILENO, (line + "\n").c_str(), line.size() + 1);
}

const std::string kLog = log_file();

struct Try {
  const char* name;
  int (*run)();
};

constexpr std::array kTries{
    Try{"read a file of the resolver", [] { return try_open("/etc/hosts", O_RDONLY); }},
    Try{"read another file", [] { return try_open("/tmp", O_RDONLY | O_DIRECTORY); }},
    Try{"read a library", [] { return try_open("/usr/lib", O_RDONLY | O_DIRECTORY); }},
    Try{"read its own state", [] { return try_open("/proc/self/status", O_RDONLY); }},
    Try{"read the passwords", [] { return try_open("/etc/shadow", O_RDONLY); }},
    Try{"list the settings", [] { return try_open("/etc", O_RDONLY | O_DIRECTORY); }},
    Try{"read a program", [] { return try_open("/usr/bin/env", O_RDONLY); }},
    Try{"read another process", [] { return try_open("/proc/1/status", O_RDONLY); }},
    Try{"read a log", [] { return try_open(kLog.c_str(), O_RDONLY); }},
    Try{"write a file",
        [] { return try_open("/tmp/sonde-sandbox-must-not-be", O_WRONLY | O_CREAT); }},
    Try{"make a folder", [] { return told(::mkdir("/tmp/sonde-sandbox-must-not-be", 0700)); }},
    Try{"run a program", try_exec},
    Try{"make a process", try_fork},
    Try{"trace a process", [] { return told(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }},
    Try{"signal another", [] { return told(::kill(1, 0)); }},
    Try{"make code", [] { return try_memory(PROT_READ | PROT_WRITE | PROT_EXEC); }},
    Try{"make memory", [] { return try_memory(PROT_READ | PROT_WRITE); }},
    Try{"open a raw socket", [] { return try_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }},
    Try{"open a packet socket", [] { return try_socket(AF_PACKET, SOCK_RAW, 0); }},
    Try{"open a datagram socket", [] { return try_socket(AF_INET6, SOCK_DGRAM, 0); }},
    Try{"open a stream socket", [] { return try_socket(AF_INET, SOCK_STREAM, 0); }},
    Try{"open a Unix socket", [] { return try_socket(AF_UNIX, SOCK_STREAM, 0); }},
    Try{"connect to port 53", [] { return try_connect(53); }},
    Try{"connect to port 9", [] { return try_connect(9); }},
    Try{"start a thread", try_thread},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view needs = argc > 1 ? argv[1] : "";
  const auto wanted = [&](std::string_view name) {
    bool all = argc <= 2;
    for (int i = 2; i < argc; ++i) {
      all = all || name == argv[i];
    }
    return all;
  };
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
  for (const std::string& line : sonde::app::enter_sandbox(
           {.names = needs.contains("names"), .tcp_any = needs.contains("tcp")})) {
    tell(line);
  }
  for (const Try& one : kTries) {
    if (wanted(one.name)) {
      tell(std::string(one.name) + ": " + std::to_string(one.run()));
    }
  }
  return 0;
}
