# ./dev fmt
tracked_cpp | xargs -r clang-format-19 -i
note "laid out $(tracked_cpp | wc -l) files"
