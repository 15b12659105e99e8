wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"merchantName":"Corner Café","amount":12.50,"currency":"EUR","transactionDate":"2026-03-31",'
  .. '"categoryId":"0195f0c2-7a3e-7b1c-9d2e-3f4a5b6c7d8e","tags":["lunch","team"],"notes":"with \\"Zoe\\"","paid":true}'
