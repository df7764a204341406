"""Measures one peer on two files: prints its version, and seconds to read them and to find the drift."""
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")
peer, before, after = sys.argv[1:]
import pandas

begin = time.time()
reference, current = pandas.read_csv(before), pandas.read_csv(after)
read = time.time() - begin

if peer.startswith("evidently"):
    import evidently
    from evidently import Report
    from evidently.presets import DataDriftPreset

    version = "evidently " + evidently.__version__
    begin = time.time()
    preset = DataDriftPreset(method="kl_div") if peer == "evidently kl_div" else DataDriftPreset()
    Report([preset]).run(current, reference).dict()
elif peer == "nannyml":
    import nannyml

    version = "nannyml " + nannyml.__version__
    begin = time.time()
    found = nannyml.UnivariateDriftCalculator(column_names=list(reference.columns), chunk_number=10)
    found.fit(reference).calculate(current).to_df()
elif peer == "scipy":
    import scipy
    from scipy.stats import ks_2samp

    version = "scipy " + scipy.__version__
    begin = time.time()
    for column in reference.columns:
        ks_2samp(reference[column], current[column])
else:
    version = "pandas " + pandas.__version__
    begin = time.time()
print(json.dumps({"version": version, "read": read, "drift": time.time() - begin}))
