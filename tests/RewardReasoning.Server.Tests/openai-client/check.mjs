// Asks a server with the official client, in the ways in which people use it, and prints what came back as one JSON object.
// node check.mjs BASE_URL MODEL KEY
import OpenAI from 'openai';

const [baseURL, model, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const messages = [{ role: 'user', content: '12*4+7\nAssistant 1: 55\nAssistant 2: 54' }];
const request = { model, messages, seed: 7, temperature: 0.6, max_completion_tokens: 300 };
const found = {};

found.models = (await client.models.list()).data.map(entry => entry.id);

const whole = await client.chat.completions.create({ ...request, logprobs: true, top_logprobs: 2 });
found.whole = whole.choices[0].message;
found.finish = whole.choices[0].finish_reason;
found.usage = whole.usage;
found.logprobs = whole.choices[0].logprobs.content.map(token => [token.token, token.logprob, token.top_logprobs.length]);

found.streamed = { content: '', reasoning: '' };
for await (const chunk of await client.chat.completions.create({ ...request, stream: true, stream_options: { include_usage: true } })) {
  found.streamed.content += chunk.choices[0]?.delta.content ?? '';
  found.streamed.reasoning += chunk.choices[0]?.delta.reasoning ?? '';
  found.streamedUsage = chunk.usage ?? found.streamedUsage;
}

const several = await client.chat.completions.create({ ...request, n: 3, temperature: 1 });
found.several = several.choices.map(choice => choice.message.content);

const accumulated = await client.chat.completions.stream(request).finalChatCompletion();
found.accumulated = accumulated.choices[0].message.content;

const controller = new AbortController();
const abandoned = await client.chat.completions.create({ ...request, stream: true }, { signal: controller.signal });
for await (const _ of abandoned) {
  controller.abort();
}

found.errors = [];
for (const wrong of [{ model: 'gpt-4o' }, { temperature: -1 }, { messages: [] }]) {
  try {
    await client.chat.completions.create({ ...request, ...wrong });
  } catch (error) {
    found.errors.push([error.constructor.name, error.status, error.param ?? null]);
  }
}

try {
  await new OpenAI({ baseURL, apiKey: 'another', maxRetries: 0 }).models.list();
} catch (error) {
  found.errors.push([error.constructor.name, error.status, error.code]);
}

console.log(JSON.stringify(found));
