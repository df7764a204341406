"""Measures one peer on two files: prints its version, seconds to read them and to find the drift, and processor time of both."""
import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")
peer, before, after = sys.argv[1:]
import pandas

begin, used = time.time(), time.process_time()
reference, current = pandas.read_csv(before), pandas.read_csv(after)
read, used = time.time() - begin, time.process_time() - used

if peer.startswith("evidently"):
    import evidently
    from evidently import Report
    from evidently.presets import DataDriftPreset

    version = "evidently " + evidently.__version__
    begin, before_drift = time.time(), time.process_time()
    preset = DataDriftPreset(method="kl_div") if peer == "evidently kl_div" else DataDriftPreset()
    Report([preset]).run(current, reference).dict()
elif peer == "nannyml":
    import nannyml

    version = "nannyml " + nannyml.__version__
    begin, before_drift = time.time(), time.process_time()
    found = nannyml.UnivariateDriftCalculator(column_names=list(reference.columns), chunk_number=10)
    found.fit(reference).calculate(current).to_df()
elif peer == "scipy":
    import scipy
    from scipy.stats import ks_2samp

    version = "scipy " + scipy.__version__
    begin, before_drift = time.time(), time.process_time()
    for column in reference.columns:
        ks_2samp(reference[column], current[column])
else:
    version = "pandas " + pandas.__version__
    begin, before_drift = time.time(), time.process_time()
drift, used = time.time() - begin, used + time.process_time() - before_drift
print(json.dumps({"version": version, "read": read, "drift": drift, "processor": used}))
