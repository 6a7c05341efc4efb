// tun_model.cpp: the simulated network of a scenario file (of a trace: the path) behind a TUN
// device, in real time, for tests/netns and the benchmarks of trace.
// netns_tun_model SCENARIO.json v4|v6 DEVICE
// Makes the device in the network namespace it is started in, prints "ready", and answers what the
// kernel sends there until standard input is closed. Exit code: 0, 77 when there is no TUN device
// to be had, 1 for anything else.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sonde/base/system_clock.hpp"
#include "tests/support/sim_scenario.hpp"
#include "tests/support/sim_trace_scenario.hpp"
#include "tests/support/tun_device.hpp"

namespace {

using namespace sonde;
using test::TunDevice;

constexpr int kSkipped = 77;
constexpr std::size_t kLargestPacket = 65536;

// Until the next delivery, a packet from the kernel, or the end of standard input (false).
bool wait(const TunDevice& tun, std::optional<Duration> patience) {
  std::array<pollfd, 2> fds{{{.fd = tun.fd(), .events = POLLIN, .revents = 0},
                             {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0}}};
  timespec limit{};
  if (patience) {
    const Duration positive = std::max(*patience, Duration::zero());
    limit.tv_sec = positive / 1s;
    limit.tv_nsec = (positive % 1s).count();
  }
  (void)::ppoll(fds.data(), fds.size(), patience ? &limit : nullptr, nullptr);
  return (fds[1].revents & (POLLIN | POLLHUP)) == 0;
}

void serve(const TunDevice& tun, test::PacketNetwork& network) {
  const SystemClock clock;
  std::vector<std::byte> buffer(kLargestPacket);
  std::multimap<Instant, test::PacketBytes> coming;
  while (true) {
    std::optional<Duration> patience;
    if (!coming.empty()) {
      patience = coming.begin()->first - clock.now();
    }
    if (!patience || *patience > Duration::zero()) {
      if (!wait(tun, patience)) {
        return;
      }
    }
    for (Bytes packet = tun.read(buffer); !packet.empty(); packet = tun.read(buffer)) {
      for (test::Delivery& delivery : network.inject(packet, clock.now())) {
        coming.emplace(delivery.at, std::move(delivery.packet));
      }
    }
    while (!coming.empty() && coming.begin()->first <= clock.now()) {
      (void)tun.write(coming.begin()->second);
      coming.erase(coming.begin());
    }
  }
}

std::unique_ptr<test::PacketNetwork> network_in(const std::string& file, net::Family family) {
  if (test::is_trace_scenario(file)) {
    return std::make_unique<test::SimPath>(test::path_of(test::load_trace_scenario(file)));
  }
  return std::make_unique<test::SimNetwork>(test::network_of(test::load_scenario(file), family));
}

int run(const std::string& file, const std::string& family, const std::string& device) {
  const auto network = network_in(file, family == "v4" ? net::Family::v4 : net::Family::v6);
  const TunDevice tun(device);
  if (tun.fd() < 0) {
    std::printf("[skipped] no TUN device: %s\n", std::strerror(errno));
    return kSkipped;
  }
  std::printf("ready\n");
  std::fflush(stdout);
  serve(tun, *network);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int kArguments = 4;
  if (argc != kArguments) {
    std::fprintf(stderr, "usage: netns_tun_model SCENARIO.json v4|v6 DEVICE\n");
    return 1;
  }
  try {
    return run(argv[1], argv[2], argv[3]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tun_model: %s\n", error.what());
    return 1;
  }
}
