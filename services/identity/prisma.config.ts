import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  datasource: { url: process.env['WRITER_URL'] ?? 'postgresql://localhost/none' },
});
