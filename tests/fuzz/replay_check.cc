// replay_check.cc: a target with slow inputs, to see that replay_main.cc finds them. The empty
// input is slow once, as one is that makes what all others use; any other is slow whenever it is
// tried.
#include <cstddef>
#include <cstdint>
#include <ctime>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* /*data*/, std::size_t size) {
  constexpr std::clock_t kTooLong = CLOCKS_PER_SEC / 50 * SONDE_FUZZ_SLOWDOWN;  // 20 ms
  static bool tried = false;
  const std::clock_t begin = std::clock();
  while ((size != 0 || !tried) && std::clock() - begin < kTooLong) {
  }
  tried = true;
  return 0;
}
