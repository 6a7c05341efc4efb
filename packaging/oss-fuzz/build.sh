#!/bin/bash -eu
# Builds every target of tests/fuzz, with its saved inputs, for OSS-Fuzz.
# In: SRC, OUT, CC, CXX, CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE, as OSS-Fuzz sets them; optional WORK.
# Out: $OUT/fuzz_<name> and $OUT/fuzz_<name>_seed_corpus.zip.
source=${SONDE_SOURCE_DIR:-$SRC/sonde}
build=${WORK:-$SRC}/build-sonde

cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO= -DSONDE_WERROR=OFF -DSONDE_FUZZ=ON "-DSONDE_FUZZ_ENGINE=$LIB_FUZZING_ENGINE"
cmake --build "$build" --target fuzz_targets --parallel "${SONDE_JOBS:-$(nproc)}"

for program in "$build"/tests/fuzz_*; do
  name=${program##*/fuzz_}
  cp "$program" "$OUT/"
  if [ -d "$source/tests/fuzz/corpus/$name" ]; then
    (cd "$source/tests/fuzz/corpus/$name" && python3 -m zipfile -c "$OUT/fuzz_${name}_seed_corpus.zip" ./*)
  fi
done
