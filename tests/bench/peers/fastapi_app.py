"""The FastAPI that is hard to beat: an async handler without pydantic, orjson on both sides.

uvicorn starts it with two workers, uvloop, httptools and no access log."""

import os

import joblib
import numpy as np
import orjson
from fastapi import FastAPI, Request, Response

model = joblib.load(os.environ["BENCH_MODEL"])
app = FastAPI(openapi_url=None)


@app.post("/v2/models/iris/infer")
async def infer(request: Request) -> Response:
    tensor = orjson.loads(await request.body())["inputs"][0]
    rows = np.array(tensor["data"], dtype=np.float64).reshape(tensor["shape"])
    labels = model.predict(rows)
    output = {"name": "label", "datatype": "INT64", "shape": [len(labels)], "data": labels.tolist()}
    answer = {"model_name": "iris", "model_version": "1", "outputs": [output]}
    return Response(orjson.dumps(answer), media_type="application/json")
