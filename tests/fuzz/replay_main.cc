// replay_main.cc: runs a fuzz target over saved inputs, for builds without libFuzzer.
// In:  files and folders as arguments (one that is missing is a failure); the empty input is
//      always tried first.
// Out: exit code 0 when every input came back, each within 10 ms of processor time; a crash is a
//      failure, and so is a slow input, which is named. What was slow is tried again, and the best
//      time counts: the first run also pays for what is made once, and a busy machine for others.
// SONDE_FUZZ_SLOWDOWN: how many times longer an input may take, as with a sanitizer.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

constexpr double kMostMilliseconds = 10.0 * SONDE_FUZZ_SLOWDOWN;
constexpr int kRuns = 5;

struct Slowest {
  double milliseconds = 0;
  std::string name = "none";
};

// Of the processor; where the C library has no such clock (Windows), of the wall.
double milliseconds_of(const std::vector<std::uint8_t>& input) {
  const std::clock_t begin = std::clock();
  LLVMFuzzerTestOneInput(input.data(), input.size());
  return 1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

bool replay(const std::vector<std::uint8_t>& input, const std::string& name, Slowest& slowest) {
  double best = milliseconds_of(input);
  for (int run = 1; run < kRuns && best > kMostMilliseconds; ++run) {
    best = std::min(best, milliseconds_of(input));
  }
  if (best > slowest.milliseconds) {
    slowest = {.milliseconds = best, .name = name};
  }
  if (best > kMostMilliseconds) {
    std::fprintf(stderr, "slow: %s takes %.1f ms, and %.0f are allowed\n", name.c_str(), best,
                 kMostMilliseconds);
    return false;
  }
  return true;
}

bool replay_file(const fs::path& path, Slowest& slowest) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", path.string().c_str());
    return false;
  }
  const std::vector<char> text{std::istreambuf_iterator<char>(in), {}};
  // A buffer of the exact size lets the address sanitizer see one byte too far.
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  return replay(bytes, path.string(), slowest);
}

std::vector<fs::path> collect(const fs::path& path) {
  if (!fs::is_directory(path)) {
    return {path};
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  Slowest slowest;
  bool good = replay({}, "the empty input", slowest);
  std::size_t replayed = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& file : collect(argv[i])) {
      good = replay_file(file, slowest) && good;
      ++replayed;
    }
  }
  if (!good) {
    return 1;
  }
  std::printf("replayed %zu inputs and the empty one; slowest: %s, %.3f ms\n", replayed,
              slowest.name.c_str(), slowest.milliseconds);
  return 0;
}
