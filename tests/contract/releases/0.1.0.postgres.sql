SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
COMMENT ON SCHEMA "public" IS 'standard public schema';
SET default_tablespace = '';
SET default_table_access_method = "heap";
CREATE TABLE "public"."agent" (
    "id" "text" NOT NULL,
    "admin" boolean NOT NULL,
    "password_hash" "text"
);
CREATE TABLE "public"."alarm" (
    "meter" bigint NOT NULL,
    "kind" "text" NOT NULL,
    "since" bigint NOT NULL,
    "last" bigint NOT NULL
);
CREATE TABLE "public"."change" (
    "num" bigint NOT NULL,
    "kind" "text" NOT NULL,
    "body" "text" NOT NULL,
    "at" bigint NOT NULL
);
CREATE SEQUENCE "public"."change_num_seq"
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE "public"."change_num_seq" OWNED BY "public"."change"."num";
CREATE TABLE "public"."client" (
    "id" "text" NOT NULL,
    "lang" "text",
    "area" "text",
    "meters" "text" NOT NULL,
    "was" "text"
);
CREATE TABLE "public"."command" (
    "agent" "text" NOT NULL,
    "id" "text" NOT NULL,
    "client" "text" NOT NULL,
    "at" bigint NOT NULL
);
CREATE TABLE "public"."conversation" (
    "num" bigint NOT NULL,
    "client" "text" NOT NULL,
    "epoch" "text" NOT NULL,
    "first" bigint NOT NULL,
    "last_seq" bigint NOT NULL,
    "rev" bigint NOT NULL,
    "shelf" smallint NOT NULL,
    "status" "text" NOT NULL,
    "assignee" "text",
    "priority" "text" NOT NULL,
    "tags" "text" NOT NULL,
    "unread" bigint NOT NULL,
    "waiting" bigint,
    "until" bigint,
    "notes" bigint NOT NULL,
    "name" "text",
    "online" boolean NOT NULL,
    "members" "text" NOT NULL,
    "did" "text" NOT NULL,
    "last" "text",
    "place" bigint NOT NULL,
    "folded" "text" NOT NULL
);
CREATE SEQUENCE "public"."conversation_num_seq"
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE "public"."conversation_num_seq" OWNED BY "public"."conversation"."num";
CREATE TABLE "public"."counter" (
    "key" "text" NOT NULL,
    "value" bigint NOT NULL
);
CREATE TABLE "public"."device" (
    "id" "text" NOT NULL,
    "client" "text" NOT NULL,
    "topics" "text" NOT NULL,
    "password_hashes" "text" NOT NULL
);
CREATE TABLE "public"."entry" (
    "num" bigint NOT NULL,
    "at" bigint NOT NULL,
    "conversation" integer NOT NULL,
    "seq" integer NOT NULL,
    "kind" "text" NOT NULL,
    "sender" "text" NOT NULL,
    "id" "text" NOT NULL,
    "body" "text" NOT NULL
);
CREATE SEQUENCE "public"."entry_num_seq"
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE "public"."entry_num_seq" OWNED BY "public"."entry"."num";
CREATE TABLE "public"."episode" (
    "num" bigint NOT NULL,
    "conversation" bigint NOT NULL,
    "seq" bigint NOT NULL,
    "asked" bigint,
    "answered" bigint,
    "by" "text",
    "resolved" bigint,
    "score" smallint,
    "rated" bigint
);
CREATE SEQUENCE "public"."episode_num_seq"
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE "public"."episode_num_seq" OWNED BY "public"."episode"."num";
CREATE TABLE "public"."file" (
    "id" "text" NOT NULL,
    "client" "text" NOT NULL,
    "sender" "text" NOT NULL,
    "upload" "text" NOT NULL,
    "sha256" "text" NOT NULL,
    "name" "text" NOT NULL,
    "type" "text" NOT NULL,
    "size" bigint NOT NULL,
    "width" bigint,
    "height" bigint,
    "at" bigint NOT NULL,
    "checked" bigint NOT NULL
);
CREATE TABLE "public"."file_use" (
    "file" "text" NOT NULL,
    "conversation" bigint NOT NULL,
    "seq" bigint NOT NULL
);
CREATE TABLE "public"."identity" (
    "id" "text" NOT NULL,
    "name" "text",
    "generation" integer NOT NULL,
    "disabled" boolean NOT NULL,
    "created" bigint NOT NULL,
    "touched" bigint NOT NULL
);
CREATE TABLE "public"."jti" (
    "jti" "text" NOT NULL,
    "exp" bigint NOT NULL,
    "answer" "text" NOT NULL,
    "at" bigint NOT NULL
);
CREATE TABLE "public"."load" (
    "at" bigint NOT NULL,
    "asked" bigint NOT NULL,
    "answered" bigint NOT NULL,
    "begun" bigint NOT NULL
);
CREATE TABLE "public"."marker" (
    "conversation" bigint NOT NULL,
    "reader" "text" NOT NULL,
    "delivered" bigint NOT NULL,
    "read" bigint NOT NULL
);
CREATE TABLE "public"."meter" (
    "num" bigint NOT NULL,
    "client" "text" NOT NULL,
    "meter" "text" NOT NULL,
    "zone" "text" NOT NULL,
    "most_w" bigint NOT NULL,
    "settled" bigint NOT NULL
);
CREATE SEQUENCE "public"."meter_num_seq"
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE "public"."meter_num_seq" OWNED BY "public"."meter"."num";
CREATE TABLE "public"."migration_chats" (
    "id" integer NOT NULL,
    "name" character varying(255) NOT NULL,
    "applied" timestamp without time zone NOT NULL
);
CREATE SEQUENCE "public"."migration_chats_id_seq"
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE "public"."migration_chats_id_seq" OWNED BY "public"."migration_chats"."id";
CREATE TABLE "public"."migration_web" (
    "id" integer NOT NULL,
    "name" character varying(255) NOT NULL,
    "applied" timestamp without time zone NOT NULL
);
CREATE SEQUENCE "public"."migration_web_id_seq"
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE "public"."migration_web_id_seq" OWNED BY "public"."migration_web"."id";
CREATE TABLE "public"."note" (
    "num" bigint NOT NULL,
    "conversation" bigint NOT NULL,
    "agent" "text" NOT NULL,
    "id" "text" NOT NULL,
    "text" "text" NOT NULL,
    "at" bigint NOT NULL
);
CREATE SEQUENCE "public"."note_num_seq"
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE "public"."note_num_seq" OWNED BY "public"."note"."num";
CREATE TABLE "public"."notice" (
    "area" "text" NOT NULL,
    "id" "text" NOT NULL,
    "text" "text" NOT NULL,
    "at" bigint NOT NULL,
    "ended" bigint
);
CREATE TABLE "public"."parked" (
    "num" bigint NOT NULL,
    "topic" "text" NOT NULL,
    "client" "text",
    "payload" "bytea" NOT NULL,
    "why" "text" NOT NULL,
    "at" bigint NOT NULL
);
CREATE SEQUENCE "public"."parked_num_seq"
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE "public"."parked_num_seq" OWNED BY "public"."parked"."num";
CREATE TABLE "public"."people" (
    "num" bigint NOT NULL,
    "words" "text" NOT NULL
);
CREATE TABLE "public"."reading" (
    "meter" bigint NOT NULL,
    "at" bigint NOT NULL,
    "wh" bigint NOT NULL,
    "w" bigint
);
CREATE TABLE "public"."search" (
    "num" bigint NOT NULL,
    "words" "text" NOT NULL
);
CREATE TABLE "public"."setting" (
    "key" "text" NOT NULL,
    "value" "text" NOT NULL
);
CREATE TABLE "public"."setup_link" (
    "hash" "text" NOT NULL,
    "agent" "text" NOT NULL,
    "expires" bigint NOT NULL
);
CREATE TABLE "public"."spare_guest" (
    "id" "text" NOT NULL
);
CREATE TABLE "public"."state" (
    "key" "text" NOT NULL,
    "value" bigint NOT NULL
);
CREATE TABLE "public"."usage" (
    "meter" bigint NOT NULL,
    "step" smallint NOT NULL,
    "at" bigint NOT NULL,
    "wh" bigint NOT NULL
);
ALTER TABLE ONLY "public"."change" ALTER COLUMN "num" SET DEFAULT "nextval"('"public"."change_num_seq"'::"regclass");
ALTER TABLE ONLY "public"."conversation" ALTER COLUMN "num" SET DEFAULT "nextval"('"public"."conversation_num_seq"'::"regclass");
ALTER TABLE ONLY "public"."entry" ALTER COLUMN "num" SET DEFAULT "nextval"('"public"."entry_num_seq"'::"regclass");
ALTER TABLE ONLY "public"."episode" ALTER COLUMN "num" SET DEFAULT "nextval"('"public"."episode_num_seq"'::"regclass");
ALTER TABLE ONLY "public"."meter" ALTER COLUMN "num" SET DEFAULT "nextval"('"public"."meter_num_seq"'::"regclass");
ALTER TABLE ONLY "public"."migration_chats" ALTER COLUMN "id" SET DEFAULT "nextval"('"public"."migration_chats_id_seq"'::"regclass");
ALTER TABLE ONLY "public"."migration_web" ALTER COLUMN "id" SET DEFAULT "nextval"('"public"."migration_web_id_seq"'::"regclass");
ALTER TABLE ONLY "public"."note" ALTER COLUMN "num" SET DEFAULT "nextval"('"public"."note_num_seq"'::"regclass");
ALTER TABLE ONLY "public"."parked" ALTER COLUMN "num" SET DEFAULT "nextval"('"public"."parked_num_seq"'::"regclass");
INSERT INTO "public"."agent" VALUES ('a-ana', true, 'x');
INSERT INTO "public"."client" VALUES ('c-42', 'ro', 'north', '["m-1"]', NULL);
INSERT INTO "public"."client" VALUES ('c-7', 'en', 'south', '[]', NULL);
INSERT INTO "public"."command" VALUES ('a-ana', 'c1', 'c-42', 1732430000000);
INSERT INTO "public"."conversation" VALUES (2, 'c-7', 'd09555d96d2d5f17', 1, 2, 1, 0, 'open', NULL, 'normal', '[]', 1, 1732430000005, NULL, 0, NULL, false, '[]', '[]', '{"seq":2,"id":"m2","from":"c-7","at":1732430000005,"kind":"text","text":"An open question"}', 1732430000005, ' c-7');
INSERT INTO "public"."conversation" VALUES (3, 'erased/3/c-gone', '7d822fc4ef784c54', 1, 2, 0, 9, 'open', NULL, 'normal', '[]', 0, NULL, 0, 0, NULL, false, '[]', '[]', NULL, 1732430000006, '');
INSERT INTO "public"."conversation" VALUES (4, 'c-gone', 'd898839dcdb7a17c', 1, 1, 2, 2, 'resolved', NULL, 'normal', '[]', 0, NULL, NULL, 0, NULL, false, '[]', '[]', '{"seq":1,"id":"e-d898839dcdb7a17c","from":"s-bridge","at":1732430000009,"kind":"erased"}', 18012666079481975, ' c-gone');
INSERT INTO "public"."conversation" VALUES (1, 'c-42', 'ec0d867950d76f3b', 1, 6, 4, 2, 'resolved', 'a-ana', 'normal', '[]', 0, NULL, NULL, 1, NULL, false, '["a-ana"]', '[]', '{"seq":6,"id":"s1","from":"c-42","at":1732430140000,"kind":"rating","rating":{"score":5}}', 18012666079341984, ' c-42');
INSERT INTO "public"."counter" VALUES ('credentials', 3);
INSERT INTO "public"."entry" VALUES (1, 1732430000000, 1, 1, 'opened', 'c-42', 'e-1', '{}');
INSERT INTO "public"."entry" VALUES (2, 1732430000000, 1, 2, 'text', 'c-42', 'm1', '{"text":"Why 40 kWh yesterday?"}');
INSERT INTO "public"."entry" VALUES (3, 1732430120000, 1, 3, 'assigned', 'a-ana', 'e-3', '{"to":"a-ana"}');
INSERT INTO "public"."entry" VALUES (4, 1732430120000, 1, 4, 'text', 'a-ana', 'a1', '{"text":"It was the heater."}');
INSERT INTO "public"."entry" VALUES (5, 1732430000005, 2, 1, 'opened', 'c-7', 'e-1', '{}');
INSERT INTO "public"."entry" VALUES (6, 1732430000005, 2, 2, 'text', 'c-7', 'm2', '{"text":"An open question"}');
INSERT INTO "public"."entry" VALUES (7, 1732430000006, 3, 1, 'opened', 'c-gone', 'e-1', '{}');
INSERT INTO "public"."entry" VALUES (8, 1732430000006, 3, 2, 'text', 'c-gone', 'x1', '{"text":"to be erased"}');
INSERT INTO "public"."entry" VALUES (9, 1732430000009, 4, 1, 'erased', 's-bridge', 'e-d898839dcdb7a17c', '{}');
INSERT INTO "public"."entry" VALUES (10, 1732430130000, 1, 5, 'resolved', 'a-ana', 'r1', '{}');
INSERT INTO "public"."entry" VALUES (11, 1732430140000, 1, 6, 'rating', 'c-42', 's1', '{"rating":{"score":5}}');
INSERT INTO "public"."episode" VALUES (1, 1, 1, 1732430000000, 1732430120000, 'a-ana', 1732430130000, 5, 1732430140000);
INSERT INTO "public"."episode" VALUES (2, 2, 1, 1732430000005, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "public"."identity" VALUES ('a-ana', 'Ana', 0, false, 1795919502036, 1795919502036);
INSERT INTO "public"."identity" VALUES ('c-42', 'Maria Ionescu', 0, false, 1795919502041, 1795919502041);
INSERT INTO "public"."identity" VALUES ('c-7', 'Dan', 0, false, 1795919502044, 1795919502044);
INSERT INTO "public"."load" VALUES (1732429800000, 2, 1, 2);
INSERT INTO "public"."marker" VALUES (1, 'a-ana', 2, 2);
INSERT INTO "public"."meter" VALUES (1, 'c-42', 'm-1', 'Europe/Bucharest', 100000, -1);
INSERT INTO "public"."migration_chats" VALUES (1, '0001_initial', '2026-11-29 02:31:41.958874');
INSERT INTO "public"."migration_chats" VALUES (2, '0002_usage', '2026-11-29 02:31:41.964046');
INSERT INTO "public"."migration_chats" VALUES (3, '0003_alarm', '2026-11-29 02:31:41.966321');
INSERT INTO "public"."migration_chats" VALUES (4, '0004_file_uses', '2026-11-29 02:31:41.968919');
INSERT INTO "public"."migration_chats" VALUES (5, '0005_search', '2026-11-29 02:31:41.972477');
INSERT INTO "public"."migration_chats" VALUES (6, '0006_episodes', '2026-11-29 02:31:41.978211');
INSERT INTO "public"."migration_chats" VALUES (7, '0007_command_age', '2026-11-29 02:31:41.979904');
INSERT INTO "public"."migration_chats" VALUES (8, '0008_entry_room', '2026-11-29 02:31:41.986438');
INSERT INTO "public"."migration_chats" VALUES (9, '0009_entry_free', '2026-11-29 02:31:41.988573');
INSERT INTO "public"."migration_chats" VALUES (10, '0010_search_room', '2026-11-29 02:31:41.995483');
INSERT INTO "public"."migration_web" VALUES (1, '0001_initial', '2026-11-29 02:31:42.02744');
INSERT INTO "public"."migration_web" VALUES (2, '0002_files', '2026-11-29 02:31:42.03472');
INSERT INTO "public"."note" VALUES (1, 1, 'a-ana', 'n1', 'called twice', 1732430000000);
INSERT INTO "public"."notice" VALUES ('north', 'n-1', '{"en":"Out","ro":"Pana"}', 1732430000000, NULL);
INSERT INTO "public"."parked" VALUES (1, 'support/c-42/msg', 'c-42', '\x3f', 'bad_json', 1732430000000);
INSERT INTO "public"."people" VALUES (1, 'c 42');
INSERT INTO "public"."people" VALUES (2, 'c 7');
INSERT INTO "public"."people" VALUES (3, '');
INSERT INTO "public"."people" VALUES (4, 'c gone');
INSERT INTO "public"."reading" VALUES (1, 1732430000000, 1000, 200);
INSERT INTO "public"."reading" VALUES (1, 1732430900000, 1050, 200);
INSERT INTO "public"."reading" VALUES (1, 1732431800000, 1100, 200);
INSERT INTO "public"."reading" VALUES (1, 1732432700000, 1150, 200);
INSERT INTO "public"."reading" VALUES (1, 1732433600000, 1200, 200);
INSERT INTO "public"."reading" VALUES (1, 1732434500000, 1250, 200);
INSERT INTO "public"."reading" VALUES (1, 1732435400000, 1300, 200);
INSERT INTO "public"."reading" VALUES (1, 1732436300000, 1350, 200);
INSERT INTO "public"."search" VALUES (2, 'why 40 kwh yesterday @czd42 @roleclient');
INSERT INTO "public"."search" VALUES (4, 'it was the heater @czd42 @roleagent @azdana');
INSERT INTO "public"."search" VALUES (6, 'an open question @czd7 @roleclient');
INSERT INTO "public"."setting" VALUES ('document:alarms', '{"rev":1,"value":{"limit_wh":9000}}');
INSERT INTO "public"."state" VALUES ('beat', 1732430000000);
INSERT INTO "public"."state" VALUES ('search', 11);
INSERT INTO "public"."state" VALUES ('people', 4);
INSERT INTO "public"."usage" VALUES (1, 0, 1732429800000, 38);
INSERT INTO "public"."usage" VALUES (1, 0, 1732430700000, 50);
INSERT INTO "public"."usage" VALUES (1, 0, 1732431600000, 50);
INSERT INTO "public"."usage" VALUES (1, 0, 1732432500000, 50);
INSERT INTO "public"."usage" VALUES (1, 0, 1732433400000, 50);
INSERT INTO "public"."usage" VALUES (1, 0, 1732434300000, 50);
INSERT INTO "public"."usage" VALUES (1, 0, 1732435200000, 50);
INSERT INTO "public"."usage" VALUES (1, 0, 1732436100000, 12);
INSERT INTO "public"."usage" VALUES (1, 1, 1732428000000, 88);
INSERT INTO "public"."usage" VALUES (1, 1, 1732431600000, 200);
INSERT INTO "public"."usage" VALUES (1, 1, 1732435200000, 62);
INSERT INTO "public"."usage" VALUES (1, 2, 1732399200000, 350);
INSERT INTO "public"."usage" VALUES (1, 3, 1730412000000, 350);
SELECT pg_catalog.setval('"public"."change_num_seq"', 1, false);
SELECT pg_catalog.setval('"public"."conversation_num_seq"', 4, true);
SELECT pg_catalog.setval('"public"."entry_num_seq"', 11, true);
SELECT pg_catalog.setval('"public"."episode_num_seq"', 2, true);
SELECT pg_catalog.setval('"public"."meter_num_seq"', 1, true);
SELECT pg_catalog.setval('"public"."migration_chats_id_seq"', 10, true);
SELECT pg_catalog.setval('"public"."migration_web_id_seq"', 2, true);
SELECT pg_catalog.setval('"public"."note_num_seq"', 1, true);
SELECT pg_catalog.setval('"public"."parked_num_seq"', 1, true);
ALTER TABLE ONLY "public"."agent"
    ADD CONSTRAINT "agent_pkey" PRIMARY KEY ("id");
ALTER TABLE ONLY "public"."alarm"
    ADD CONSTRAINT "alarm_pkey" PRIMARY KEY ("meter", "kind");
ALTER TABLE ONLY "public"."change"
    ADD CONSTRAINT "change_pkey" PRIMARY KEY ("num");
ALTER TABLE ONLY "public"."client"
    ADD CONSTRAINT "client_pkey" PRIMARY KEY ("id");
ALTER TABLE ONLY "public"."command"
    ADD CONSTRAINT "command_pkey" PRIMARY KEY ("agent", "id");
ALTER TABLE ONLY "public"."conversation"
    ADD CONSTRAINT "conversation_pkey" PRIMARY KEY ("num");
ALTER TABLE ONLY "public"."counter"
    ADD CONSTRAINT "counter_pkey" PRIMARY KEY ("key");
ALTER TABLE ONLY "public"."device"
    ADD CONSTRAINT "device_pkey" PRIMARY KEY ("id");
ALTER TABLE ONLY "public"."entry"
    ADD CONSTRAINT "entry_pkey" PRIMARY KEY ("num") WITH ("fillfactor"='100');
ALTER TABLE ONLY "public"."entry"
    ADD CONSTRAINT "entry_said_once" EXCLUDE USING "hash" (((((("conversation" || '/'::"text") || "sender") || '/'::"text") || "id")) WITH =) WITH ("fillfactor"='100');
ALTER TABLE ONLY "public"."episode"
    ADD CONSTRAINT "episode_pkey" PRIMARY KEY ("num");
ALTER TABLE ONLY "public"."file"
    ADD CONSTRAINT "file_pkey" PRIMARY KEY ("id");
ALTER TABLE ONLY "public"."file_use"
    ADD CONSTRAINT "file_use_pkey" PRIMARY KEY ("file", "conversation", "seq");
ALTER TABLE ONLY "public"."identity"
    ADD CONSTRAINT "identity_pkey" PRIMARY KEY ("id");
ALTER TABLE ONLY "public"."jti"
    ADD CONSTRAINT "jti_pkey" PRIMARY KEY ("jti");
ALTER TABLE ONLY "public"."load"
    ADD CONSTRAINT "load_pkey" PRIMARY KEY ("at");
ALTER TABLE ONLY "public"."marker"
    ADD CONSTRAINT "marker_pkey" PRIMARY KEY ("conversation", "reader");
ALTER TABLE ONLY "public"."meter"
    ADD CONSTRAINT "meter_pkey" PRIMARY KEY ("num");
ALTER TABLE ONLY "public"."migration_chats"
    ADD CONSTRAINT "migration_chats_pkey" PRIMARY KEY ("id");
ALTER TABLE ONLY "public"."migration_web"
    ADD CONSTRAINT "migration_web_pkey" PRIMARY KEY ("id");
ALTER TABLE ONLY "public"."note"
    ADD CONSTRAINT "note_pkey" PRIMARY KEY ("num");
ALTER TABLE ONLY "public"."notice"
    ADD CONSTRAINT "notice_pkey" PRIMARY KEY ("area");
ALTER TABLE ONLY "public"."parked"
    ADD CONSTRAINT "parked_pkey" PRIMARY KEY ("num");
ALTER TABLE ONLY "public"."people"
    ADD CONSTRAINT "people_pkey" PRIMARY KEY ("num") WITH ("fillfactor"='100');
ALTER TABLE ONLY "public"."reading"
    ADD CONSTRAINT "reading_pkey" PRIMARY KEY ("meter", "at");
ALTER TABLE ONLY "public"."search"
    ADD CONSTRAINT "search_pkey" PRIMARY KEY ("num") WITH ("fillfactor"='100');
ALTER TABLE ONLY "public"."setting"
    ADD CONSTRAINT "setting_pkey" PRIMARY KEY ("key");
ALTER TABLE ONLY "public"."setup_link"
    ADD CONSTRAINT "setup_link_pkey" PRIMARY KEY ("hash");
ALTER TABLE ONLY "public"."spare_guest"
    ADD CONSTRAINT "spare_guest_pkey" PRIMARY KEY ("id");
ALTER TABLE ONLY "public"."state"
    ADD CONSTRAINT "state_pkey" PRIMARY KEY ("key");
ALTER TABLE ONLY "public"."usage"
    ADD CONSTRAINT "usage_pkey" PRIMARY KEY ("meter", "step", "at");
CREATE INDEX "command_at" ON "public"."command" USING "btree" ("at");
CREATE UNIQUE INDEX "conversation_client" ON "public"."conversation" USING "btree" ("client");
CREATE INDEX "conversation_shelf_assignee_place_num" ON "public"."conversation" USING "btree" ("shelf", "assignee", "place", "num");
CREATE INDEX "conversation_shelf_place_num" ON "public"."conversation" USING "btree" ("shelf", "place", "num");
CREATE INDEX "device_client" ON "public"."device" USING "btree" ("client");
CREATE UNIQUE INDEX "entry_conversation_seq" ON "public"."entry" USING "btree" ("conversation", "seq");
CREATE INDEX "episode_asked" ON "public"."episode" USING "btree" ("asked");
CREATE INDEX "episode_conversation_num" ON "public"."episode" USING "btree" ("conversation", "num");
CREATE INDEX "episode_rated" ON "public"."episode" USING "btree" ("rated");
CREATE INDEX "episode_resolved" ON "public"."episode" USING "btree" ("resolved");
CREATE INDEX "file_checked" ON "public"."file" USING "btree" ("checked");
CREATE INDEX "file_client" ON "public"."file" USING "btree" ("client");
CREATE UNIQUE INDEX "file_client_sender_upload" ON "public"."file" USING "btree" ("client", "sender", "upload");
CREATE INDEX "file_sender_at" ON "public"."file" USING "btree" ("sender", "at");
CREATE INDEX "file_use_conversation" ON "public"."file_use" USING "btree" ("conversation");
CREATE INDEX "jti_exp" ON "public"."jti" USING "btree" ("exp");
CREATE UNIQUE INDEX "meter_client_meter" ON "public"."meter" USING "btree" ("client", "meter");
CREATE UNIQUE INDEX "migration_chats_name" ON "public"."migration_chats" USING "btree" ("name");
CREATE UNIQUE INDEX "migration_web_name" ON "public"."migration_web" USING "btree" ("name");
CREATE UNIQUE INDEX "note_agent_id" ON "public"."note" USING "btree" ("agent", "id");
CREATE INDEX "note_conversation" ON "public"."note" USING "btree" ("conversation");
CREATE INDEX "parked_client" ON "public"."parked" USING "btree" ("client");
CREATE INDEX "people_words" ON "public"."people" USING "gin" ("array_to_tsvector"("string_to_array"("words", ' '::"text"))) WITH ("gin_pending_list_limit"='256');
CREATE INDEX "search_words" ON "public"."search" USING "gin" ("array_to_tsvector"("string_to_array"("words", ' '::"text"))) WITH ("gin_pending_list_limit"='256');
CREATE INDEX "setup_link_agent" ON "public"."setup_link" USING "btree" ("agent");
ALTER TABLE ONLY "public"."agent"
    ADD CONSTRAINT "agent_id_fkey" FOREIGN KEY ("id") REFERENCES "public"."identity"("id");
ALTER TABLE ONLY "public"."client"
    ADD CONSTRAINT "client_id_fkey" FOREIGN KEY ("id") REFERENCES "public"."identity"("id");
ALTER TABLE ONLY "public"."device"
    ADD CONSTRAINT "device_id_fkey" FOREIGN KEY ("id") REFERENCES "public"."identity"("id");
ALTER TABLE ONLY "public"."marker"
    ADD CONSTRAINT "marker_conversation_fkey" FOREIGN KEY ("conversation") REFERENCES "public"."conversation"("num");
ALTER TABLE ONLY "public"."note"
    ADD CONSTRAINT "note_conversation_fkey" FOREIGN KEY ("conversation") REFERENCES "public"."conversation"("num");
ALTER TABLE ONLY "public"."reading"
    ADD CONSTRAINT "reading_meter_fkey" FOREIGN KEY ("meter") REFERENCES "public"."meter"("num");
ALTER TABLE ONLY "public"."setup_link"
    ADD CONSTRAINT "setup_link_agent_fkey" FOREIGN KEY ("agent") REFERENCES "public"."agent"("id");
ALTER TABLE ONLY "public"."spare_guest"
    ADD CONSTRAINT "spare_guest_id_fkey" FOREIGN KEY ("id") REFERENCES "public"."identity"("id");
