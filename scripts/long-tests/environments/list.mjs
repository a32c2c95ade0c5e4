/**
 * The environments that `npm run test:environments` ships: the most downloaded scientific distributions, each with all that
 * it needs, and famous applications, whose environments hold many distributions that share folders, scripts and data.
 *
 * PyTorch needs 5 GB of NVIDIA's libraries, in separate distributions, which look for each other beside their files.
 *
 * @type {Readonly<Record<string, readonly string[]>>} requirements, by the name of the environment
 */
export const ENVIRONMENTS = {
  numpy: ['numpy'],
  pandas: ['pandas'],
  scipy: ['scipy'],
  matplotlib: ['matplotlib'],
  'scikit-learn': ['scikit-learn'],
  pyarrow: ['pyarrow'],
  pillow: ['pillow'],
  sympy: ['sympy'],
  networkx: ['networkx'],
  h5py: ['h5py'],
  numba: ['numba'],
  statsmodels: ['statsmodels'],
  seaborn: ['seaborn'],
  plotly: ['plotly'],
  xarray: ['xarray', 'netCDF4', 'zarr'],
  polars: ['polars'],
  duckdb: ['duckdb'],
  lightgbm: ['lightgbm'],
  xgboost: ['xgboost-cpu'],
  nltk: ['nltk'],
  spacy: ['spacy'],
  gensim: ['gensim'],
  opencv: ['opencv-python-headless'],
  'scikit-image': ['scikit-image'],
  sqlalchemy: ['sqlalchemy', 'psycopg2-binary', 'pymysql'],
  shapely: ['shapely'],
  geopandas: ['geopandas'],
  transformers: ['transformers'],
  pytorch: ['torch', 'numpy'],
  jax: ['jax[cpu]'],
  onnxruntime: ['onnxruntime'],
  'tensorflow and tensorboard': ['tensorflow-cpu'],
  dask: ['dask[complete]'],
  jupyter: ['jupyter'],
  airflow: ['apache-airflow'],
  mlflow: ['mlflow']
};
