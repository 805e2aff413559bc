# ./dev soak [NAME] [--minutes N]: the long harnesses. `unit-shuffle` is built in: every unit test again and again in
# random order under sanitizers, which finds tests that lean on each other and rare races. The others are
# tests/soak/*.sh, each called with TENON (the program) and MINUTES in its environment.
name="" minutes=10
while [[ $# -gt 0 ]]; do
  case "$1" in
    --minutes) minutes="${2:?--minutes needs a number}"; shift 2 ;;
    *) name="$1"; shift ;;
  esac
done

unit_shuffle() {
  configure asan
  ninja -C build/asan
  local until=$((SECONDS + minutes * 60)) seed rounds=0 test
  while ((SECONDS < until)); do
    seed=$((RANDOM + 1)) # GoogleTest takes 1 to 99999
    while read -r test; do
      "$test" --gtest_shuffle --gtest_random_seed="$seed" --gtest_brief=1 ||
        die "soak: $test --gtest_shuffle --gtest_random_seed=$seed failed"
    done < <(find build/asan/src -name 'tenon_*_test' -type f -executable | sort)
    rounds=$((rounds + 1))
  done
  note "unit-shuffle: $rounds rounds, 0 failed (the failure rate of a round is below $((300 / rounds)) % with 95 % confidence)"
}

selected() { [[ -z "$name" || "$name" == "$1" ]]; }

setup
ran=0
if selected unit-shuffle; then
  say "soak: unit-shuffle, $minutes minutes"
  unit_shuffle
  ran=$((ran + 1))
fi
for script in tests/soak/*.sh; do
  harness="$(basename "$script" .sh)"
  if [[ ! -e "$script" ]] || ! selected "$harness"; then continue; fi
  say "soak: $harness, $minutes minutes"
  configure release
  ninja -C build/release
  TENON="$ROOT/build/release/tenon" MINUTES="$minutes" bash "$script" || die "soak: $harness failed"
  ran=$((ran + 1))
done
[[ $ran -gt 0 ]] || die "soak: no harness is called '$name'"
