// The peer: node's own http, with the two routes of Sources/Benchmarks/HTTPBench.
'use strict'
const http = require('node:http')

function json(response, value) {
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length })
  response.end(body)
}

const server = http.createServer((request, response) => {
  if (request.method === 'GET' && request.url === '/health') {
    json(response, { status: 'ok', uptime: Math.floor(process.uptime()) })
  } else if (request.method === 'POST' && request.url === '/echo') {
    const pieces = []
    request.on('data', (piece) => pieces.push(piece))
    request.on('end', () => {
      try {
        json(response, JSON.parse(Buffer.concat(pieces).toString('utf8')))
      } catch {
        response.writeHead(400).end()
      }
    })
  } else {
    response.writeHead(404).end()
  }
})

server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
