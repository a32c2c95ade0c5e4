import { Router, type Response } from 'express';
import type * as z from 'zod';
import type { JobEvent } from '../../contract/ship.js';
import { startRequest, type shipList, type ShipStarted } from '../../contract/routes.js';
import type { Job, Jobs } from '../jobs.js';
import { jsonRoute } from './reply.js';

/** `POST /ships`, `GET /ships`, `GET /ships/:id/events`, `DELETE /ships/:id`. */
export function shipRoutes(jobs: Jobs): Router {
  const router = Router();
  router.post(
    '/',
    jsonRoute(startRequest, ({ note, ...request }): Promise<ShipStarted> => {
      const running = jobs.running(note.key);
      const job = running ?? jobs.start(request, note);
      return Promise.resolve({ id: job.id, joined: running !== undefined, note: job.note });
    })
  );
  router.get('/', (_request, response) => {
    const list: z.infer<typeof shipList> = { ships: jobs.unheard() };
    response.json(list);
  });
  router.get('/:id/events', async (request, response) => {
    await follow(jobs.get(request.params.id), response);
  });
  router.delete('/:id', (request, response) => {
    jobs.get(request.params.id).cancel();
    response.status(202).json({});
  });
  return router;
}

/**
 * Sends newline-delimited JSON: the events that the job kept, from the first on, then the new ones. Ends after the
 * result or the error.
 */
async function follow(job: Job, response: Response): Promise<void> {
  response.setHeader('Content-Type', 'application/x-ndjson');
  response.setHeader('Cache-Control', 'no-store');
  response.flushHeaders();
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const write = (event: JobEvent): void => void response.write(`${JSON.stringify(event)}\n`);
  await job.follow(write, gone.signal);
  response.end();
}
