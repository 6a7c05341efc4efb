#!/bin/bash -eu
# Copyright 2026 The sonde authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
#
################################################################################

# Builds every target of tests/fuzz, with its saved inputs, for OSS-Fuzz.
# In: SRC, OUT, CC, CXX, CFLAGS, CXXFLAGS, LIB_FUZZING_ENGINE, as OSS-Fuzz sets them; optional WORK.
# Out: $OUT/fuzz_<name> and $OUT/fuzz_<name>_seed_corpus.zip. Nothing but the C and C++ libraries is
# linked dynamically: where the targets run, there is nothing else.
source=$SRC/sonde
build=${WORK:-$SRC}/build-sonde

cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO= -DSONDE_WERROR=OFF -DSONDE_TESTS=OFF -DSONDE_STATIC_RUNTIME=ON \
  -DSONDE_FUZZ=ON "-DSONDE_FUZZ_ENGINE=$LIB_FUZZING_ENGINE"
cmake --build "$build" --target fuzz_targets --parallel "${SONDE_JOBS:-$(nproc)}"

for program in "$build"/tests/fuzz_*; do
  name=${program##*/fuzz_}
  cp "$program" "$OUT/"
  (cd "$source/tests/fuzz/corpus/$name" && python3 -m zipfile -c "$OUT/fuzz_${name}_seed_corpus.zip" ./*)
done
