// replay_main.cc: runs a fuzz target over saved inputs, for builds without libFuzzer.
// In:  files and folders as arguments (a folder that is missing counts as empty); the empty input
//      is always tried first.
// Out: exit code 0 when every input came back; a crash is the failure.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

bool replay_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", path.string().c_str());
    return false;
  }
  const std::vector<char> text{std::istreambuf_iterator<char>(in), {}};
  // A buffer of the exact size lets the address sanitizer see one byte too far.
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  return true;
}

std::vector<fs::path> collect(const fs::path& path) {
  if (!fs::is_directory(path)) {
    return fs::exists(path) ? std::vector{path} : std::vector<fs::path>{};
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
  LLVMFuzzerTestOneInput(nullptr, 0);
  std::size_t replayed = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& file : collect(argv[i])) {
      if (!replay_file(file)) {
        return 1;
      }
      ++replayed;
    }
  }
  std::printf("replayed %zu inputs and the empty one\n", replayed);
  return 0;
}
