// The command ptwalk as a function, so that tests can run it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

struct ptwalk_outcome {
    int status; // 0 clean, 1 complaints, 2 bad use
    std::string out, err;
};
/// `arguments` are those after the command's name.
ptwalk_outcome ptwalk(const std::vector<std::string_view> &arguments);
