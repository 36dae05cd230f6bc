#compdef nonna-reproduce
_arguments -s -S \
    '--data[videos and pictures to learn from]:FOLDER:_files -/' \
    '--faces[pictures of faces, to find faces instead of people]:FOLDER:_files -/' \
    '--out[folder for what is made]:DIR:_files -/' \
    '--steps[steps of training]:N:' \
    '--neurons[pages of the N best neurons, and of N others]:N:' \
    '(-q --quiet)'{-q,--quiet}'[no progress, no table]' \
    '(-h --help)'{-h,--help}'[show the options]' \
    '--version[show the version]' \
    '--table1[neurons against baselines and controls]:STUDY:_files -/' \
    '--quick[one seed and concept, no controls]' \
    '--sensitivity[one concept for each value of a setting]:STUDY:_files -/' \
    '--make-study[a folder of pictures for each concept]:STUDY:_files -/' \
    '--seeds[seeds of everything random]:LIST:' \
    '--arch[architecture of the network]:A:{ local -a found; found=($(nonna-init --list 2>/dev/null | cut -s -d " " -f 1)); _alternative "architectures\:architecture\:($found)" files\:file\:_files }' \
    '--optimizer[update rule]:RULE:' \
    '--rate[learning rate]:R:' \
    '--filters[linear filters]:N:' \
    '--centroids[of K-means]:N:'
